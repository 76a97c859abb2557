"""Codes for a page, drawn as SVG: a QR for a phone, bars for a cashier's reader."""

from __future__ import annotations

import zxingcpp
from django.utils.safestring import SafeString, mark_safe


def qr_svg(text: str) -> SafeString:
    """A QR code."""
    return _svg(text, zxingcpp.BarcodeFormat.QRCode, 4)


def barcode_svg(text: str) -> SafeString:
    """A Code 128, which every shop reads."""
    return _svg(text, zxingcpp.BarcodeFormat.Code128, 2)


def _svg(text: str, form: zxingcpp.BarcodeFormat, scale: int) -> SafeString:
    code = zxingcpp.create_barcode(text, form)
    drawn = str(code.to_svg(scale=scale, add_quiet_zones=True))
    # The library's own drawing of bars and squares: nothing of the text stands in it.
    return mark_safe(drawn[drawn.index("<svg") :])  # noqa: S308
