"""Every figure is defined once: the page, the workbook, the API and the guide say the same of it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from billing.domain.figures.definitions import ALL, BY_CODE
from billing.domain.figures.overview import DEBT, MONEY, NETWORK, RECURRING
from billing.domain.figures.tables import SHAPES

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.code)
def test_the_guide_says_what_the_page_says(figure):
    assert f"- **{figure.name}** (`{figure.code}`): {figure.text}\n" in GUIDE


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.code)
def test_each_is_read_by_one_function(figure):
    module, _dot, name = figure.source.rpartition(".")
    assert callable(getattr(import_module(module), name))


def test_the_guide_defines_nothing_else():
    assert GUIDE.count("\n- **") == len(ALL) == len(BY_CODE)


def test_what_pages_show_is_defined():
    shown = {*MONEY, *DEBT, *RECURRING, *NETWORK, *(shape.definition for shape in SHAPES.values())}
    assert shown == set(BY_CODE)
