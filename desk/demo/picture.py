"""A transfer receipt as a phone's screenshot: what customers send."""

from __future__ import annotations

import io
import unicodedata

from PIL import Image, ImageDraw, ImageFont

SIZE = (540, 960)
INK, PALE, BANK = "#1c2330", "#6b7686", "#0b5d3b"


def receipt_picture(*, bank: str, payer: str, payee: str, amount: str, reference: str, when: str) -> bytes:
    """Return a JPEG of a bank's transfer confirmation with these words on it."""
    picture = Image.new("RGB", SIZE, "#f4f6f8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 150), fill=BANK)
    draw.text((32, 60), bank, fill="white", font=_font(34))
    draw.rounded_rectangle((24, 190, SIZE[0] - 24, 860), 20, fill="white")
    draw.text((60, 225), "Transferencia exitosa", fill=BANK, font=_font(30))
    draw.text((60, 290), amount, fill=INK, font=_font(52))
    rows = (("De", payer), ("Para", payee), ("Fecha", when), ("Referencia", reference), ("Concepto", "Internet"))
    for number, (name, value) in enumerate(rows):
        top = 400 + number * 88
        draw.text((60, top), name, fill=PALE, font=_font(20))
        draw.text((60, top + 28), _plain(value), fill=INK, font=_font(26))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _plain(text: str) -> str:
    # The library's own font has no accents; nor have many banks.
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
