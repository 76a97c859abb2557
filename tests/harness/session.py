"""Start the servers before the first test and stop them after the last."""

from __future__ import annotations

import os
import time

import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key

from tests.harness import environment, template
from tests.harness.database import build_template, template_exists


def pytest_configure(config: pytest.Config) -> None:
    """Name our markers."""
    config.addinivalue_line("markers", "browser: drives Chromium before the whole site (needs a Chromium)")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start servers and make sure of the template: before xdist starts its workers, and not in them."""
    if environment.worker() != "main" or session.config.option.collectonly:
        return
    # A worker that inherits the name would have pytest-django read the settings before `prepare` has named
    # the worker's own database. Ours are loaded already.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    postgres, redis = environment.Servers.postgres, environment.Servers.redis
    if redis is not None:
        redis.start()
    if postgres is not None:
        postgres.start()
    blocker: DjangoDbBlocker = session.config.stash[blocking_manager_key]
    with blocker.unblock():
        if template_exists():
            return
        began = time.monotonic()
        build_template()
    if postgres is not None:
        postgres.stop()
        template.remember_cluster(postgres.folder)
        postgres.start()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"built the template database in {time.monotonic() - began:.1f} s")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if environment.worker() != "main":
        return
    for server in (environment.Servers.postgres, environment.Servers.redis):
        if server is not None:
            server.stop()
