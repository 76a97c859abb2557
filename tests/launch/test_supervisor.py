"""The supervisor: what falls is started again, what is stopped is gone, children and grandchildren alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.launch import supervisor as module
from config.launch.places import ROOT
from config.launch.supervisor import Child, Supervisor


@pytest.fixture
def child(tmp_path):
    """Makes children from a program's text; each notes its process id in a file when it starts."""

    def make(name: str, program: str) -> Child:
        source = tmp_path / f"{name}.py"
        source.write_text(f"import os\nopen({str(tmp_path / name)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{program}")
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return Child(name, [name], environment, tmp_path / "logs" / f"{name}.log")

    return make


def starts(tmp_path: Path, name: str) -> list[int]:
    """The process ids a child has had so far."""
    path = tmp_path / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def soon(condition, seconds: float = 8) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_child_that_falls_is_started_again_ever_later(child, tmp_path):
    said: list[str] = []
    crasher, steady = child("crasher", "raise SystemExit(7)"), child("steady", "import time; time.sleep(60)")
    supervisor = Supervisor([crasher, steady], [], said.append)
    supervisor.start()
    try:
        began = time.monotonic()
        supervisor.watch(until=lambda: len(starts(tmp_path, "crasher")) >= 3)
        assert 2.5 < time.monotonic() - began < 15  # waited 1 s, then 2 s
        assert "crasher ended (code 7)" in said[0]
        assert "crasher.log" in said[0]
        assert len(starts(tmp_path, "steady")) == 1
    finally:
        supervisor.stop()


def test_a_child_killed_with_9_comes_back(child, tmp_path):
    supervisor = Supervisor([child("worker", "import time; time.sleep(60)")], [], lambda _: None)
    supervisor.start()
    try:
        assert soon(lambda: starts(tmp_path, "worker"))
        os.kill(starts(tmp_path, "worker")[0], signal.SIGKILL)
        supervisor.watch(until=lambda: len(starts(tmp_path, "worker")) == 2)
    finally:
        supervisor.stop()


def test_stop_ends_the_deaf_and_their_children(child, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.5)
    deaf = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf])
open(__file__ + ".child", "w").write(str(child.pid))
time.sleep(60)
"""
    supervisor = Supervisor([child("deaf", deaf)], [], lambda _: None)
    supervisor.start()
    grandchild = tmp_path / "deaf.py.child"
    assert soon(lambda: grandchild.exists() and grandchild.read_text())
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 4
    assert soon(lambda: not alive(starts(tmp_path, "deaf")[0]))
    assert soon(lambda: not alive(int(grandchild.read_text())))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_go_when_the_supervisor_is_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text("import time; time.sleep(60)")
    program = f"""
import os, time
from pathlib import Path
from config.launch.supervisor import Child
folder = Path({str(tmp_path)!r})
child = Child("sleeper", ["sleeper"], {{**os.environ, "PYTHONPATH": str(folder)}}, folder / "log")
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as launcher:
        pid = int(launcher.stdout.readline())
        assert alive(pid)
        launcher.kill()
    assert soon(lambda: not alive(pid))
