"""The environment of a throw-away or demo installation: keys made in its data folder, plain HTTP."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from config.launch.places import ROOT


def new_folder_environment(folder: Path) -> dict[str, str]:
    """The variables config/settings.py reads, with the keys kept in `folder` and made on first use."""
    (folder / "static").mkdir(parents=True, exist_ok=True)
    ring = _kept(folder / "keyring", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
    key = _kept(folder / "secret-key", lambda: secrets.token_urlsafe(50))
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": key.read_text().strip(),
        "DEBUG": "0",
        "ENLACE_DATA": str(folder),
        "ENLACE_KEYRING": str(ring),
        "ENLACE_PLATFORM_HOST": "localhost",
        "ENLACE_PUBLIC_SCHEME": "http",
        "ENLACE_HTTPS_ONLY": "0",
        "ENLACE_STATIC_FINDERS": "1",
        "ENLACE_STATIC_ROOT": str(folder / "static"),
    }


def _kept(path: Path, make: Callable[[], str]) -> Path:
    """A secret file, mode 0600 from its first moment."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
    return path
