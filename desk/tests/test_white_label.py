"""People of a provider, and its customers, see the provider's name and nothing of the platform's."""

from __future__ import annotations

import pytest
from django.conf import settings

# The platform's own pages, and the mark that shows its name on them.
OURS = ("console/", "desk/brand_mark.html")


def test_no_template_of_a_provider_names_the_platform():
    folder = settings.BASE_DIR / "templates"
    found = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*.html"))
        if "Enlace" in path.read_text() and not str(path.relative_to(folder)).startswith(OURS)
    ]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/entrar/", "/ajustes/", "/styleguide", "/no-existe"])
def test_no_page_of_a_provider_names_the_platform(norte, sign_in, path):
    role = None if path == "/entrar/" else "owner"
    assert "Enlace" not in sign_in(norte, role).get(path).content.decode()
