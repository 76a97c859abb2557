"""Preparing the virtual environment: installed once, again when a lock changes, and on no Python that is too old."""

from __future__ import annotations

import importlib.util
import json
import os
import sys

import pytest

from config.launch.places import ROOT


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """The module as the commands run it, on a project of its own."""
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "config" / "launch" / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for lock in ("run", "demo", "dev"):
        (tmp_path / "requirements" / f"{lock}.lock").write_text(f"{lock}==1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / ".installed-locks")
    return module


def stamp(prepare, *locks):
    prepare.STAMP.write_text(json.dumps({lock: prepare.lock_digest(lock) for lock in locks}))


def test_nothing_is_current_at_first(prepare):
    assert not any(prepare.is_current(lock) for lock in ("run", "demo", "dev"))


def test_the_widest_lock_serves_the_narrower(prepare):
    stamp(prepare, "dev")
    assert all(prepare.is_current(lock) for lock in ("run", "demo", "dev"))
    stamp(prepare, "demo")
    assert prepare.is_current("demo")
    assert not prepare.is_current("dev")


def test_a_changed_lock_is_installed_again(prepare):
    stamp(prepare, "dev")
    prepare.lock_path("dev").write_text("dev==2\n")
    assert not prepare.is_current("dev")


def test_the_demo_does_not_take_the_tests_tools_away(prepare):
    assert prepare.widest("demo") == "demo"
    stamp(prepare, "dev")
    prepare.lock_path("dev").write_text("dev==2\n")
    assert prepare.widest("demo") == "dev"


def test_a_broken_stamp_or_a_missing_python_is_not_believed(prepare):
    prepare.STAMP.write_text("{")
    assert not prepare.is_current("demo")
    stamp(prepare, "demo")
    prepare.PYTHON.unlink()
    assert not prepare.is_current("demo")


def test_an_old_python_without_a_newer_one_says_so(prepare, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(prepare.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit):
        prepare.find_python()
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_an_old_python_looks_for_a_newer_one(prepare, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(prepare.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "python3.12" else None)
    assert prepare.find_python() == "/usr/bin/python3.12"


def test_the_locks_carry_hashes_and_no_address():
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONPYCACHEPREFIX": "{root}/.data/bytecode"}),
        ({"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/there"}, {"PYTHONPYCACHEPREFIX": "/there"}),
        ({}, {}),
    ],
)
def test_who_wants_no_bytecode_beside_the_sources_has_it_kept_elsewhere(prepare, monkeypatch, before, after):
    monkeypatch.setattr(os, "environ", before)
    prepare.keep_bytecode()
    assert before == {name: value.format(root=prepare.ROOT) for name, value in after.items()}
