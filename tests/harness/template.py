"""The cached cluster: a cleanly stopped PostgreSQL whose template database is already migrated."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from config.launch.places import ROOT

_KEEP = 3

# What decides how the template looks. Seeding new tenants happens in provision and the apps' migrations.
_PATTERNS = (
    "*/migrations/*.py",
    "tenants/*.py",
    "config/settings.py",
    "config/launch/embedded_postgres.py",
    "tests/harness/database.py",
    "requirements/demo.lock",
)


@cache
def template_hash() -> str:
    """A name for the present migrations, tenancy, settings and libraries."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _PATTERNS for path in ROOT.glob(pattern)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def template_name() -> str:
    """The name of the template database."""
    return f"enlace_template_{template_hash()}"


def cached_cluster() -> Path:
    """Where the cluster of the present hash is, or will be."""
    return ROOT / ".data" / "test" / f"cluster-{template_hash()}"


def copy_cluster(source: Path, target: Path) -> None:
    """Copy a stopped cluster, owners included: as root its files belong to nobody."""
    shutil.copytree(source, target, symlinks=True)
    if os.geteuid() == 0:
        for original in (source, *source.rglob("*")):
            owner = original.stat()
            os.chown(target / original.relative_to(source), owner.st_uid, owner.st_gid)


def remember_cluster(stopped: Path) -> None:
    """Keep a copy of a stopped cluster for later runs, and forget all but the newest few."""
    home = cached_cluster().parent
    home.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=home))
    copy_cluster(stopped, making / "cluster")
    try:
        (making / "cluster").rename(cached_cluster())
    except OSError:  # a run beside this one was faster
        pass
    finally:
        shutil.rmtree(making)
    kept = sorted(home.glob("cluster-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[_KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
