"""Make the virtual environment and go on inside it. Runs on a bare python3, before anything is installed.

    python3 -I prepare.py LOCK MODULE [ARGUMENT...]     e.g. prepare.py dev config.launch.test -q

Installs requirements/LOCK.lock with uv where there is one, else with pip; does nothing when the lock has
not changed since. Standard library only, and no new syntax, so that an old Python can say what is wrong.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed-locks"
OLDEST = (3, 11)
# Each lock and those that contain it.
WIDER = {"run": ("run", "demo", "dev"), "demo": ("demo", "dev"), "dev": ("dev",)}


def say(text: str) -> None:
    """Write a line of progress; standard output belongs to the command that follows."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def find_python() -> str:
    """Return an interpreter that is new enough: this one, or another on the PATH. Exits when there is none."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path:
            return path
    say(f"Enlace needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    return sys.exit(2)


def lock_path(name: str) -> Path:
    """Return requirements/NAME.lock."""
    return ROOT / "requirements" / f"{name}.lock"


def lock_digest(name: str) -> str:
    """Return the hash of a lock file."""
    return hashlib.sha256(lock_path(name).read_bytes()).hexdigest()


def read_stamp() -> "dict[str, str]":
    """Return {lock: its hash} of what was installed last."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def widest(name: str) -> str:
    """Return the lock to install for `name`: what the environment has had so far is not taken away from it."""
    had = [lock for lock in WIDER[name] if lock in read_stamp()]
    return had[-1] if had else name


def is_current(name: str) -> bool:
    """Say whether the environment already holds what the lock says."""
    stamp = read_stamp()
    return PYTHON.exists() and any(stamp.get(lock) == lock_digest(lock) for lock in WIDER[name])


def run(command: "list[str | Path]", failure: str) -> None:
    """Run a command; when it fails, exit with its output and the sentence `failure`."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        say(done.stdout.decode("utf-8", "replace"))
        say(failure)
        sys.exit(1)


def works(command: "list[str | Path]") -> bool:
    """Say whether a command runs and succeeds."""
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def make_environment(uv: "str | None", python: str) -> None:
    """Make .venv unless there is one that runs (its Python may have been removed since)."""
    if works([PYTHON, "-c", ""]):
        return
    began = time.monotonic()
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        run(
            [uv, "venv", "-q", "--no-project", "--python", python, VENV],
            "Could not make the virtual environment with uv.",
        )
    else:
        run([python, "-m", "venv", VENV], "Could not make the virtual environment; on Debian: apt install python3-venv")
    say(f"made the virtual environment in {time.monotonic() - began:.1f} s")


def install(uv: "str | None", name: str) -> None:
    """Install exactly what the lock says, checking each hash."""
    began = time.monotonic()
    lock = lock_path(name)
    say(f"installing requirements/{lock.name} with {'uv' if uv else 'pip'} ...")
    failure = "Could not install the dependencies; is the network there? What was installed so far is kept."
    if uv:
        run([uv, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", lock], failure)
    else:
        pip = [str(PYTHON), "-m", "pip"]
        if not works([*pip, "--version"]):  # an environment made by uv has none
            run([PYTHON, "-m", "ensurepip"], "The virtual environment has no pip; remove .venv and try again.")
        quiet = ["-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        run([*pip, "install", *quiet, "-r", lock], failure)
    STAMP.write_text(json.dumps({name: lock_digest(name)}))
    say(f"installed in {time.monotonic() - began:.1f} s")


def keep_bytecode() -> None:
    """Keep the compiled modules in .data/ where the caller wants none beside the sources.

    Every command starts several processes, and each would compile the libraries anew: 2 s of a start of 4 s.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") and not os.environ.get("PYTHONPYCACHEPREFIX"):
        os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / ".data" / "bytecode")


def main() -> None:
    """Prepare, then become the command."""
    name, module, *arguments = sys.argv[1:]
    if not is_current(name):
        uv = shutil.which("uv")
        make_environment(uv, find_python())
        with (VENV / ".enlace-lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)  # two commands started together install once
            if not is_current(name):
                install(uv, widest(name))
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = str(ROOT)
    keep_bytecode()
    os.execv(PYTHON, [str(PYTHON), "-m", module, *arguments])  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    main()
