"""Files made to hurt, files that are not what they say, and the ones that are good."""

import io
import time

import pytest
from PIL import Image

from billing.pictures import examine
from billing.pictures.examine import BadPicture, examine_picture
from billing.tests.proofs import pdf, pdf_bomb, photo, saved_again, screenshot, zip_bomb_png


def refusal(data):
    with pytest.raises(BadPicture) as refused:
        examine_picture(data)
    return str(refused.value)


def far(one, other):
    return ((one.dhash ^ other.dhash) & (2**64 - 1)).bit_count()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_again_small_and_plain(kind):
    seen = examine_picture(photo(size=(4000, 3000), kind=kind))
    assert (seen.content_type, seen.pages) == (f"image/{kind.lower()}", 1)
    [preview] = [Image.open(io.BytesIO(data)) for data in seen.previews]
    assert (preview.format, preview.size) == ("JPEG", (1600, 1200))
    assert len(seen.previews[0]) < 400_000


def test_a_photo_taken_sideways_stands_upright_and_forgets_the_camera():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camara de Ana"
    out = io.BytesIO()
    picture = Image.new("RGB", (400, 200), "red")
    picture.save(out, "JPEG", exif=exif)
    preview = examine_picture(out.getvalue()).previews[0]
    assert Image.open(io.BytesIO(preview)).size == (200, 400)
    assert b"Camara" not in preview


def test_clear_grounds_become_white():
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert Image.open(io.BytesIO(examine_picture(out.getvalue()).previews[0])).getpixel((5, 5)) == (255, 255, 255)


def test_the_first_pages_of_a_pdf_are_drawn():
    seen = examine_picture(pdf(5))
    assert (seen.content_type, seen.pages, len(seen.previews)) == ("application/pdf", 5, 3)
    assert "páginas" in refusal(pdf(21))


def test_a_pdf_bomb_hurts_nobody():
    bomb, began = pdf_bomb(1000), time.monotonic()
    assert len(bomb) < 10_000
    assert "grande" in refusal(bomb)
    assert time.monotonic() - began < examine.PATIENCE


def test_a_png_of_900_megapixels_is_refused_unopened():
    bomb = zip_bomb_png()
    assert len(bomb) < 200_000
    assert "grande" in refusal(bomb)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vacío"),
        (b"MZ\x90\x00" + b"\0" * 500, "no es una foto"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no es una foto"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "HEIC"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 50, "no es una foto"),
        (b"\xff\xd8\xff" + b"no es una foto" * 40, "dañado"),
        (b"%PDF-1.7\nnada", "dañado"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "dañado"),
    ],
)
def test_what_is_no_proof_is_refused_with_a_sentence(data, words):
    assert words in refusal(data)


def test_what_is_over_the_limit_is_not_opened(settings):
    settings.RECEIPT_MAX_BYTES = 1024 * 1024
    assert "1 MB" in refusal(b"\xff\xd8\xff" + b"\0" * 1024 * 1024)


def test_a_file_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(examine, "PATIENCE", 0.01)
    assert "grande" in refusal(photo())


def test_a_picture_sent_on_looks_alike_and_another_does_not():
    one, again = examine_picture(screenshot()), examine_picture(saved_again(screenshot()))
    assert one.sha256 != again.sha256
    assert far(one, again) <= 4
    hall = Image.radial_gradient("L").resize((400, 300))
    out = io.BytesIO()
    hall.save(out, "PNG")
    assert far(one, examine_picture(out.getvalue())) > 12
