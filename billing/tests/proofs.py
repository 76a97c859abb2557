"""Proofs of payment for tests: good pictures, and files made to hurt."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageDraw, ImageFont


def screenshot(*, amount: str = "$600.00", reference: str = "83920122", payer: str = "Ana") -> bytes:
    """A bank's confirmation as a phone shows it, as JPEG."""
    picture = Image.new("RGB", (540, 960), "#f4f6f8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 540, 150), fill="#0b5d3b")
    draw.rounded_rectangle((24, 190, 516, 860), 20, fill="white")
    for top, text, size in ((60, "BBVA", 34), (290, amount, 52), (400, payer, 26), (600, reference, 26)):
        draw.text((60, top), text, fill="#1c2330", font=ImageFont.load_default(size))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def photo(color: str = "white", size: tuple[int, int] = (300, 400), kind: str = "PNG") -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


def saved_again(data: bytes, *, quality: int = 45, scale: float = 0.6) -> bytes:
    """The same picture as a messenger sends it on: smaller, other bytes."""
    picture = Image.open(io.BytesIO(data))
    out = io.BytesIO()
    picture.resize((int(picture.width * scale), int(picture.height * scale))).save(out, "JPEG", quality=quality)
    return out.getvalue()


def zip_bomb_png(side: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that is 900 megapixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" * (side // 8 + 1)) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pdf(pages: int = 1) -> bytes:
    """A PDF of so many plain pages."""
    sheets = [Image.new("RGB", (300, 400), "white") for _ in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def pdf_bomb(megabytes: int = 3000) -> bytes:
    """A PDF whose page's drawing unpacks to so many megabytes, three times over."""
    data = b"0 0 m 9 9 l S " * 75_000
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(data) for _ in range(megabytes)) + packer.flush()
    inner = zlib.compress(body, 9)
    return _objects(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/Contents[4 0 R 4 0 R 4 0 R]>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(inner), inner),
    )


def _objects(*bodies: bytes) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Root 1 0 R/Size %d>>startxref\n%d\n%%%%EOF" % (len(bodies) + 1, start)
