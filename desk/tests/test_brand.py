"""The brand: saved with its checks, shown at once, and only at its own provider."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from events.models import Event
from tenants.current import entered
from tenants.models import Brand

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Fibra del Valle",
    "primary_color": "#FFD400",
    "accent_color": "",
    "phone": "311 123 4567",
    "whatsapp": "",
    "email": "hola@valle.example",
    "address": "Av. México 120",
}


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(kind="PNG", size=(300, 80)):
    out = io.BytesIO()
    Image.new("RGB", size, "#ff0000").save(out, kind)
    return out.getvalue()


def upload(data, name="logo.png"):
    return SimpleUploadedFile(name, data)


def save(client, **more):
    return client.post("/ajustes/marca/", {**TYPED, **more})


def test_a_saved_brand_is_everywhere_at_once_and_at_no_other_provider(norte, sur, sign_in):
    before = Brand.objects.get(tenant=sur)
    client = sign_in(norte)
    assert save(client).status_code == 302
    brand = Brand.objects.get(tenant=norte)
    assert (brand.primary_color, brand.phone, brand.name) == ("#ffd400", "+523111234567", "Fibra del Valle")
    assert "--brand:#ffd400" in sign_in(norte, None).get("/brand.css").content.decode()
    door = sign_in(norte, None).get("/entrar/").content.decode()
    assert "Fibra del Valle" in door
    assert f"/brand.css?v={brand.version}" in door
    after = Brand.objects.get(tenant=sur)
    assert (after.version, after.name, after.primary_color) == (before.version, before.name, before.primary_color)
    with entered(norte):
        assert Event.objects.get(type="brand.changed").facts["fields"]
    with entered(sur):
        assert not Event.objects.filter(type="brand.changed").exists()


def test_what_was_typed_stays_when_something_is_wrong(norte, sign_in):
    version = Brand.objects.get(tenant=norte).version
    response = save(sign_in(norte), primary_color="rojo", phone="12")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Fibra del Valle" in page
    assert 'value="rojo"' in page
    assert "No parece un teléfono" in page
    assert "Escriba el color como" in page
    assert Brand.objects.get(tenant=norte).version == version


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "No es una imagen que se pueda usar"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 64, "No es una imagen que se pueda usar"),
        (b"%PDF-1.7\n%no es una imagen\n", "No es una imagen que se pueda usar"),
        (b"Hola, soy un texto con nombre de logo.png", "No es una imagen que se pueda usar"),
        (picture()[:200], "No es una imagen que se pueda usar"),
        (picture(size=(20, 20)), "muy pequeño"),
        (b"x" * (2 * 1024 * 1024 + 1), "más de 2 MB"),
        (picture() + b"x" * (40 * 1024 * 1024), "más de 2 MB"),
    ],
)
def test_a_file_that_is_no_logo_gets_a_sentence(norte, sign_in, data, sentence):
    response = save(sign_in(norte), logo_file=upload(data))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Brand.objects.get(tenant=norte).logo


def test_an_empty_file_gets_a_sentence(norte, sign_in):
    response = save(sign_in(norte), logo_file=upload(b""))
    assert response.status_code == 422
    assert "vac" in response.content.decode()


def test_a_logo_is_made_anew_served_and_can_be_taken_away(norte, sur, sign_in):
    client = sign_in(norte)
    assert save(client, logo_file=upload(picture("JPEG", (2000, 500)), "logo.jpg")).status_code == 302
    answer = sign_in(norte, None).get("/brand/logo")
    assert answer["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(b"".join(answer.streaming_content))).size == (640, 160)
    assert sign_in(sur, None).get("/brand/logo").status_code == 404
    save(client, drop_logo="on")
    assert not Brand.objects.get(tenant=norte).logo


def test_the_preview_writes_nothing_and_survives_half_a_colour(norte, sign_in):
    client = sign_in(norte)
    page = client.post("/ajustes/marca/vista/", {**TYPED, "name": "<b>Nuevo</b>"}).content.decode()
    assert "&lt;b&gt;Nuevo" in page
    assert "#ffd400" in page
    assert "va en negro" in page
    half = client.post("/ajustes/marca/vista/", {**TYPED, "primary_color": "#ff"})
    assert half.status_code == 200
    assert Brand.objects.get(tenant=norte).name != "<b>Nuevo</b>"


def test_only_who_may_edit_settings_finds_the_brand(norte, sign_in):
    for role, status in [("owner", 200), ("administrator", 200), ("collections", 404), ("technician", 404)]:
        assert sign_in(norte, role).get("/ajustes/marca/").status_code == status
    assert sign_in(norte, "collections").post("/ajustes/marca/vista/", TYPED).status_code == 404
    assert sign_in(norte, None).get("/ajustes/marca/").status_code == 302


def test_the_style_sheet_and_icon_are_open_and_kept_by_browsers(norte, sign_in):
    stranger = sign_in(norte, None)
    for path, kind in [("/brand.css", "text/css"), ("/brand/icon.svg", "image/svg+xml"), ("/styleguide", "text/html")]:
        response = stranger.get(path)
        assert response.status_code == 200
        assert response["Content-Type"].startswith(kind)
    assert "immutable" in stranger.get("/brand.css")["Cache-Control"]
