"""bin/test: the whole suite, in parallel, on embedded servers and in a headless Chromium.

bin/test [--no-browser] [PYTEST ARGUMENT...]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.launch.browsers import fetch_chromium, find_chromium
from config.launch.places import ROOT


def main(arguments: list[str]) -> int:
    """Run pytest with the arguments; return its exit code, or 3 when the browser tests could not run."""
    pytest = [sys.executable, "-m", "pytest", *_parallel(arguments)]
    if "--no-browser" in arguments:
        arguments.remove("--no-browser")
        return _tests([*pytest, "-m", "not browser", *arguments])
    chromium = find_chromium() or _fetched()
    if chromium is not None:
        return _tests([*pytest, *arguments], ENLACE_CHROMIUM=chromium)
    code = _tests([*pytest, "-m", "not browser", *arguments])
    sys.stdout.write(f"\nThere is no Chromium on this machine, so these tests did not run:\n{_browser_tests()}\n")
    sys.stdout.write(
        "Install one (Debian: apt install --no-install-recommends chromium), or name one in ENLACE_CHROMIUM, "
        "or accept it with bin/test --no-browser.\n"
    )
    return code or 3


def _fetched() -> str | None:
    sys.stderr.write("no Chromium found: fetching one with npm ...\n")
    path = fetch_chromium()
    return path if path is not None and _starts(path) else None


def _starts(executable: str) -> bool:
    """Whether the Chromium runs here: npm's lacks system libraries on some machines."""
    try:
        return subprocess.run([executable, "--version"], check=False, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _parallel(arguments: list[str]) -> list[str]:
    """One process more than there are CPUs unless the caller says otherwise or debugs: many tests wait for others.

    A process that has run out takes tests from another's line, so that no long one is left for the end.
    """
    chosen = {"-n", "--numprocesses", "--pdb", "--collect-only", "--co"} & {a.split("=")[0] for a in arguments}
    if chosen or any(a.startswith("-n") and a[2:].isdigit() for a in arguments):
        return []
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ["-n", str(processors + 1), "--dist", "worksteal"]


def _tests(command: list[str], **variables: str) -> int:
    """Run the tests; what failed is run once more, alone, and failing twice is failing.

    Browsers and killed processes are waited for with deadlines, which a busy machine can outlast.
    """
    code = _run(command, **variables)
    if code != 1 or "--pdb" in command:
        return code
    sys.stdout.write("\nRunning what failed once more, one after the other:\n")
    sys.stdout.flush()
    return _run([*command, "-n", "0", "--last-failed", "--last-failed-no-failures=none"], **variables)


def _run(command: list[str], **variables: str) -> int:
    environment = {**os.environ, **variables}
    # config/celery.py names the settings for this process; the tests name theirs when they know the database.
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode


def _browser_tests() -> str:
    listing = [sys.executable, "-m", "pytest", "-m", "browser", "--collect-only", "-q"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    said = subprocess.run(listing, cwd=ROOT, check=False, capture_output=True, text=True, env=environment)
    return "\n".join(f"  {line}" for line in said.stdout.splitlines() if "::" in line) or "  (none)"


if __name__ == "__main__":
    os.chdir(Path(ROOT))
    sys.exit(main(sys.argv[1:]))
