"""The READMEs and guides name what there is: variables of the settings, files, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
READMES = [ROOT / "README.md", ROOT / "README.es.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").glob("*.md"))]
# Set by the demo and the checks for their own processes.
INTERNAL = {"ENLACE_PHONE_URL", "ENLACE_LINEAR_MIGRATIONS"}


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_variable_of_the_settings_is_told(page):
    settings = (ROOT / "config" / "settings.py").read_text()
    named = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", settings)) - INTERNAL
    assert named <= set(re.findall(r"[A-Z]+(?:_[A-Z]+)+|DEBUG", page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_exists(page):
    text = page.read_text()
    assert set(re.findall(r"manage(?:\.py)? ([a-z_]+)", text)) <= set(get_commands())
    assert [name for name in re.findall(r"\bbin/([a-z]+)", text) if not (ROOT / "bin" / name).exists()] == []
