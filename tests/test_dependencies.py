"""Each dependency is written down with its reason, and nothing under the GPL is delivered."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

import pytest

from config.launch.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def plain(requirement: str) -> str:
    """The name alone: psycopg[binary]>=3.3 is psycopg."""
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()


def locked(name: str) -> list[str]:
    lines = (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
    return [plain(line) for line in lines if re.match(r"[a-z0-9]", line)]


def test_the_page_lists_each_dependency_with_a_reason():
    declared = [plain(one) for one in PROJECT["dependencies"]]
    declared += [plain(one) for extra in PROJECT["optional-dependencies"].values() for one in extra]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(declared)
    assert all(len(reason.strip()) > 10 for _, _, reason in rows)


def test_each_dependency_is_locked():
    assert {plain(one) for one in PROJECT["dependencies"]} <= set(locked("run"))
    assert set(locked("run")) <= set(locked("demo")) <= set(locked("dev"))


@pytest.mark.parametrize("name", sorted(set(locked("demo"))))
def test_nothing_delivered_is_under_the_gpl(name):
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        pytest.skip("not needed on this machine")
    said = [metadata.get("License-Expression") or metadata.get("License", "").split("\n")[0]]
    said += [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    assert any(said), "no licence is named"
    for licence in said:
        # The Lesser GPL lets a program use the library without becoming part of it.
        lesser = re.sub(r"LGPL[-0-9.a-z]*|Lesser General Public License[^:]*", "", licence, flags=re.IGNORECASE)
        assert not re.search(r"\bA?GPL|General Public License|Affero", lesser), licence
