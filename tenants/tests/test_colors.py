from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import colors

any_color = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@given(any_color)
def test_text_on_any_colour_can_be_read(color):
    assert colors.contrast(colors.text_on(color), color) >= 4.5


@given(any_color)
def test_both_themes_have_a_legible_shade_of_any_colour(color):
    light, dark = colors.light_shades(color), colors.dark_shades(color)
    for shades, grounds, surface, share in (
        (light, colors.LIGHT_GROUNDS, colors.LIGHT_SURFACE, colors.LIGHT_TINT),
        (dark, colors.DARK_GROUNDS, colors.DARK_SURFACE, colors.DARK_TINT),
    ):
        assert colors.contrast(shades.on_fill, shades.fill) >= 4.5
        for ground in (*grounds, colors.mix(shades.fill, surface, share)):
            assert colors.contrast(shades.text, ground) >= 4.5


@given(any_color)
def test_a_filled_button_stands_off_the_page(color):
    assert colors.contrast(colors.light_shades(color).fill, colors.LIGHT_SURFACE) >= colors.LIGHT_EDGE
    assert colors.contrast(colors.dark_shades(color).fill, colors.DARK_SURFACE) >= colors.DARK_EDGE


@pytest.mark.parametrize(
    ("color", "light_fill", "dark_fill"),
    [
        ("#ffffff", "#000000", "#ffffff"),
        ("#000000", "#000000", "#ffffff"),
        ("#0b5fff", "#0b5fff", "#0b5fff"),
        ("#ffd400", "#ffd400", "#ffd400"),
    ],
)
def test_a_colour_that_can_be_seen_is_kept(color, light_fill, dark_fill):
    assert colors.light_shades(color).fill == light_fill
    assert colors.dark_shades(color).fill == dark_fill


def test_the_hue_stays_the_brands():
    text = colors.light_shades("#ffd400").text
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    assert red > green > blue


@pytest.mark.parametrize(("written", "color"), [("#ABC", "#aabbcc"), (" 0b5fff ", "#0b5fff"), ("#0B5FFF", "#0b5fff")])
def test_a_colour_is_read_as_people_write_it(written, color):
    assert colors.parse_color(written) == color


@pytest.mark.parametrize("written", ["", "red", "#12", "#12345g", "#fff;}body{display:none", "url(x)"])
def test_what_is_no_colour_is_refused(written):
    with pytest.raises(ValueError, match="Not a colour"):
        colors.brand_css(written, "#000000")


@given(any_color, any_color)
def test_the_style_sheet_is_one_closed_rule(primary, accent):
    css = colors.brand_css(primary, accent)
    assert css.count("{") == css.count("}") == 1
    assert f"--brand:{primary};" in css
