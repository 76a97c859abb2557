"""The main job, told whole, while its processes are killed: the end is the same."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

from config.launch.places import ROOT

# The command lines of what may die: both workers, the routers' process, the pages, the scheduler.
MORTAL = ("--queues=now", "manage\0network", "--queues=soon,bulk", "gunicorn", "config.scheduler")

# Three schemas are migrated, two providers founded and ten processes started, most of them again and again: 200 s where
# nothing else runs, more than twice that beside other tests. What hangs is found sooner: each step has a deadline.
SECONDS = 900.0


def children(parent: int) -> dict[int, str]:
    """Process id -> command line of a process's children."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            ppid = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if ppid == parent:
                found[int(entry.name)] = (entry / "cmdline").read_text()
        except (OSError, ValueError):  # it ended while we looked
            continue
    return found


def kill(parent: int, kind: str) -> int:
    """Send SIGKILL to the children of one kind; return how many there were."""
    pids = [pid for pid, command in children(parent).items() if kind in command]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def test_the_story_ends_well_though_its_processes_are_killed(tmp_path):
    """After each step of the first provider another process dies, in the middle of whatever it does next."""
    unset = ("ENLACE_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(unset)}
    said, steps, kills = "", 0, 0
    faulthandler.cancel_dump_traceback_later()  # the deadline of every other test; ours also ends the processes
    with subprocess.Popen(
        [sys.executable, "-m", "config.launch.demo", "--story", "--customers=40"],
        cwd=ROOT,
        env=environment | {"ENLACE_DATA": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as story:
        deadline = Timer(SECONDS, story.terminate)
        deadline.daemon = True
        deadline.start()
        for line in story.stdout:
            said += line
            if line.startswith("norte") and " s  " in line:
                kills += kill(story.pid, MORTAL[steps % len(MORTAL)])
                steps += 1
        deadline.cancel()
    assert story.returncode == 0, said
    assert said.rstrip().endswith("internet restored"), said
    assert said.count("internet restored, enabled on") == 4
    assert kills >= 8, said
