"""Every icon that a template or a sentence names is in the set: a missing one is an error on the page."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import lucide
import pytest

from events.sentences import _readings

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"""\{% icon "([\w-]+)"|\bicon="([\w-]+)\"""")


@pytest.fixture(scope="module")
def icons():
    archive = Path(lucide.__file__).parent / "lucide.zip"
    return {Path(name).stem for name in zipfile.ZipFile(archive).namelist()}


@pytest.mark.parametrize("template", sorted(ROOT.glob("templates/**/*.html")), ids=lambda path: path.name)
def test_templates_name_icons_that_exist(template, icons):
    named = {one or two for one, two in NAMED.findall(template.read_text())}
    assert named <= icons


def test_sentences_name_icons_that_exist(icons):
    assert {name: entry.icon for name, entry in _readings.items() if entry.icon not in icons} == {}
