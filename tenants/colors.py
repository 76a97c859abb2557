"""What a brand's colours become on screen: text that can be read on them, and shades of them that can be read.

A provider chooses any colour, also yellow, black or white. The style sheet derives its tints by itself, but
whether black or white can be read on a colour, and how far a colour must move to be read as text, is decided
here, by the contrast formula of WCAG 2.2 (relative luminance), in OKLCH so that the hue stays the brand's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

BLACK = "#000000"
WHITE = "#ffffff"
TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 (AA)

# The neutral grounds of static/css/tokens.css that text may stand on: surface, ground, hover and sunken.
LIGHT_GROUNDS = ("#ffffff", "#f1f2f4")
DARK_GROUNDS = ("#0c0d0f", "#232427")
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#17181b"
# How much of the brand its tint holds (--brand-tint), and how far a filled button must stand off the page.
LIGHT_TINT, DARK_TINT = 0.08, 0.15
LIGHT_EDGE, DARK_EDGE = 1.3, 2.4

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Shades:
    """The legible variants of one colour in one theme, as #rrggbb."""

    fill: str
    on_fill: str
    text: str


def parse_color(value: str) -> str:
    """Return `#rrggbb` in lower case from `#abc`, `abc`, `#aabbcc` or `aabbcc`.

    Raises ValueError when the text is no such colour.
    """
    text = value.strip().removeprefix("#")
    if len(text) == 3:
        text = "".join(c * 2 for c in text)
    color = f"#{text.lower()}"
    if not _HEX.fullmatch(color):
        raise ValueError(f"Not a colour: {value!r}")
    return color


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, 0 (black) to 1 (white)."""
    r, g, b = _to_linear(color)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(color: str) -> str:
    """White where it can be read on `color`, else black; one of the two always reaches 4.5:1."""
    return WHITE if contrast(color, WHITE) >= TEXT_CONTRAST else BLACK


def mix(one: str, other: str, share: float) -> str:
    """`color-mix(in oklab, one share, other)` as a browser computes it."""
    (l1, c1, h1), (l2, c2, h2) = _to_oklch(one), _to_oklch(other)
    a1, b1, a2, b2 = _cos(c1, h1), _sin(c1, h1), _cos(c2, h2), _sin(c2, h2)
    rest = 1 - share
    a, b = a1 * share + a2 * rest, b1 * share + b2 * rest
    return _from_oklch(l1 * share + l2 * rest, math.hypot(a, b), math.degrees(math.atan2(b, a)))


def light_shades(color: str) -> Shades:
    """The variants of a brand colour in the light theme."""
    fill = _stand_off(color, ground=LIGHT_SURFACE, at_least=LIGHT_EDGE, step=-0.01, opposite=BLACK)
    grounds = (*LIGHT_GROUNDS, mix(fill, LIGHT_SURFACE, LIGHT_TINT))
    return Shades(fill=fill, on_fill=text_on(fill), text=_legible(color, grounds=grounds, step=-0.01))


def dark_shades(color: str) -> Shades:
    """The variants of a brand colour in the dark theme."""
    fill = _stand_off(color, ground=DARK_SURFACE, at_least=DARK_EDGE, step=0.01, opposite=WHITE)
    grounds = (*DARK_GROUNDS, mix(fill, DARK_SURFACE, DARK_TINT))
    return Shades(fill=fill, on_fill=text_on(fill), text=_legible(color, grounds=grounds, step=0.01))


def brand_properties(primary: str, accent: str) -> dict[str, str]:
    """The CSS custom properties of a brand; those that differ by theme are `light-dark()` pairs.

    Raises ValueError for a text that is no colour.
    """
    brand, second = parse_color(primary), parse_color(accent or primary)
    light, dark = light_shades(brand), dark_shades(brand)
    light_accent, dark_accent = light_shades(second), dark_shades(second)
    return {
        "--brand": brand,
        "--brand-accent": second,
        "--brand-fill": f"light-dark({light.fill}, {dark.fill})",
        "--on-brand": f"light-dark({light.on_fill}, {dark.on_fill})",
        "--brand-text": f"light-dark({light.text}, {dark.text})",
        "--accent-fill": f"light-dark({light_accent.fill}, {dark_accent.fill})",
        "--on-accent": f"light-dark({light_accent.on_fill}, {dark_accent.on_fill})",
    }


def brand_css(primary: str, accent: str, *, selector: str = ":root, .brand-scope") -> str:
    """The brand as a style sheet of one rule. Raises ValueError for a text that is no colour."""
    rules = "".join(f"{name}:{value};" for name, value in brand_properties(primary, accent).items())
    return f"{selector}{{{rules}}}"


def _stand_off(color: str, *, ground: str, at_least: float, step: float, opposite: str) -> str:
    """Move `color` away from the ground until a button of it can be seen.

    White on white has no hue to keep: it becomes the opposite, as a printer would set it.
    """
    lightness, chroma, hue = _to_oklch(color)
    if contrast(color, ground) >= at_least:
        return color
    if chroma < 0.03:
        return opposite
    return _walk(lightness, chroma, hue, step, lambda shade: contrast(shade, ground) >= at_least)


def _legible(color: str, *, grounds: tuple[str, ...], step: float) -> str:
    """Move `color` in lightness, keeping its hue, until it reads as text on every ground."""
    if all(contrast(color, g) >= TEXT_CONTRAST for g in grounds):
        return color
    return _walk(*_to_oklch(color), step, lambda shade: all(contrast(shade, g) >= TEXT_CONTRAST for g in grounds))


def _walk(lightness: float, chroma: float, hue: float, step: float, good: Callable[[str], bool]) -> str:
    while 0 < lightness + step < 1:
        lightness += step
        shade = _from_oklch(lightness, chroma, hue)
        if good(shade):
            return shade
    return WHITE if step > 0 else BLACK


def _to_linear(color: str) -> tuple[float, float, float]:
    r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _linear(r), _linear(g), _linear(b)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _to_oklch(color: str) -> tuple[float, float, float]:
    """Lightness 0..1, chroma, hue in degrees. Matrices: https://bottosson.github.io/posts/oklab/."""
    r, g, b = _to_linear(color)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    bb = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, bb), math.degrees(math.atan2(bb, a)) % 360


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The nearest colour a screen can show: chroma is given up before lightness and hue."""
    for part in range(20, -1, -1):
        channels = _channels(lightness, chroma * part / 20, hue)
        if all(-0.0005 <= c <= 1.0005 for c in channels):
            break
    return "#" + "".join(f"{round(255 * _gamma(min(max(c, 0.0), 1.0))):02x}" for c in channels)


def _channels(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = _cos(chroma, hue), _sin(chroma, hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _cos(chroma: float, hue: float) -> float:
    return chroma * math.cos(math.radians(hue))


def _sin(chroma: float, hue: float) -> float:
    return chroma * math.sin(math.radians(hue))
