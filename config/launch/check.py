"""bin/check: everything about the code that can be told without running the product.

    bin/check [--fix] [--advisories] [STEP...]

Runs all steps, prints each with its time, and fails at the end with what was wrong. --fix lets the
formatters write. --advisories also asks the vulnerability service, which needs a network and is
therefore no part of continuous integration.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.launch.environment import new_folder_environment
from config.launch.places import ROOT

_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One check: returns what is wrong, or "" when nothing is."""

    name: str
    run: Callable[[], str]


def main(arguments: list[str]) -> int:
    """Run the steps side by side; return 1 when one of them found something."""
    parser = argparse.ArgumentParser(
        prog="bin/check", description="Format, lint, types, imports, templates, migrations."
    )
    parser.add_argument(
        "steps", nargs="*", metavar="STEP", help="only these: " + ", ".join(step.name for step in _steps())
    )
    parser.add_argument("--fix", action="store_true", help="let the formatters write first")
    parser.add_argument(
        "--advisories", action="store_true", help="also ask for known vulnerabilities (needs a network)"
    )
    options = parser.parse_args(arguments)
    steps = [step for step in _steps() if not options.steps or step.name in options.steps]
    if unknown := set(options.steps) - {step.name for step in steps}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.advisories:
        steps.append(
            Step(
                "advisories",
                lambda: _tool("pip-audit", "--require-hashes", "--disable-pip", "-r", "requirements/run.lock"),
            )
        )
    if options.fix:
        _fix()
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        running = [(step, pool.submit(_timed, step)) for step in steps]
        failed = []
        for step, future in running:
            wrong, seconds = future.result()
            _say(f"{'FAIL' if wrong else 'ok':<5}{step.name:<14}{seconds:6.1f} s")
            if wrong:
                failed.append((step, wrong))
    for step, wrong in failed:
        _say(f"\n--- {step.name} ---\n{wrong.rstrip()}")
    summary = f"failed: {', '.join(step.name for step, _ in failed)}" if failed else "all checks passed"
    _say(f"\n{summary} in {time.monotonic() - began:.0f} s")
    return int(bool(failed))


def _steps() -> list[Step]:
    return [
        # The slowest first, so that the others run beside it.
        Step("types", lambda: _tool("mypy")),
        # Ruff's S rules are Bandit's: secrets in code, SQL by string, weak hashes, shells.
        Step("lint", lambda: _tool("ruff", "check", "--quiet", "--output-format=concise", ".")),
        Step("format", lambda: _tool("ruff", "format", "--check", "--quiet", ".")),
        Step("imports", lambda: _tool("lint-imports", "--no-cache")),
        Step("templates", _templates),
        Step("migrations", _migrations),
        Step("deploy", lambda: _manage("check", "--deploy", "--fail-level=WARNING")),
        Step(
            "compose", lambda: _tool("check-jsonschema", "--builtin-schema=vendor.compose-spec", "docker-compose.yml")
        ),
        Step("locks", _locks),
        Step("shell", lambda: "".join(_run(["sh", "-n", str(path)]) for path in sorted((ROOT / "bin").iterdir()))),
    ]


def _timed(step: Step) -> tuple[str, float]:
    began = time.monotonic()
    try:
        wrong = step.run()
    except OSError as error:
        wrong = str(error)
    return wrong, time.monotonic() - began


def _fix() -> None:
    templates = _template_files()
    _run([str(_BIN / "ruff"), "check", "--fix", "--quiet", "."])
    _run([str(_BIN / "ruff"), "format", "--quiet", "."])
    # djangofmt lays out the HTML, djade then the Django tags; each leaves the other's work alone.
    _run([str(_BIN / "djangofmt"), "--quiet", *templates])
    _run([str(_BIN / "djade"), "--target-version=5.2", *templates])
    _manage("create_max_migration_files", "--recreate", ENLACE_LINEAR_MIGRATIONS="1")


def _templates() -> str:
    files = _template_files()
    if not files:
        return ""
    layout = _tool("djangofmt", "--check", *files)
    wrong = layout + _tool("djade", "--check", "--target-version=5.2", *files)
    too_long = [name for name in files if len((ROOT / name).read_text().splitlines()) > 150]
    if wrong:
        wrong += "\nbin/check --fix lays the templates out\n"
    return wrong + "".join(f"{name}: over 150 lines, a sign to divide it\n" for name in too_long)


def _template_files() -> list[str]:
    found = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def _migrations() -> str:
    """Models without a migration, and histories that fork."""
    missing = _manage("makemigrations", "--check", "--dry-run", "--skip-checks")
    return missing + _manage("check", ENLACE_LINEAR_MIGRATIONS="1")


def _locks() -> str:
    """Locks carry names, versions and hashes; an address would send others to our package index."""
    address = re.compile(r"https?://|--(extra-)?index-url|--find-links|@ file:")
    wrong = [
        f"{lock.relative_to(ROOT)}:{number}: an address: {line.strip()}\n"
        for lock in sorted((ROOT / "requirements").glob("*.lock"))
        for number, line in enumerate(lock.read_text().splitlines(), 1)
        if address.search(line)
    ]
    recorders = [name for name in ("uv.lock", "package-lock.json") if (ROOT / name).exists()]
    return "".join(wrong + [f"{name}: records download addresses; do not keep it\n" for name in recorders])


def _manage(*arguments: str, **variables: str) -> str:
    """Run a management command as production would be set up, with no database behind it."""
    with tempfile.TemporaryDirectory(prefix="enlace-check-") as name:
        environment = new_folder_environment(Path(name)) | {
            "ENLACE_HTTPS_ONLY": "1",
            "ENLACE_PUBLIC_SCHEME": "https",
            "ENLACE_PLATFORM_HOST": "enlace.example",
            "ENLACE_STATIC_FINDERS": "0",
            # Nobody listens there: these commands must not need, and cannot harm, a database.
            "DATABASE_URL": "postgresql://enlace@127.0.0.1:9/enlace",
            "PYTHONWARNINGS": "ignore",
            **variables,
        }
        return _run([sys.executable, "-m", "manage", *arguments], environment)


def _tool(name: str, *arguments: str) -> str:
    return _run([str(_BIN / name), *arguments])


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Return what a failing command said, or "" when it succeeded."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return "" if done.returncode == 0 else done.stdout or f"{command[0]} ended with code {done.returncode}\n"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
