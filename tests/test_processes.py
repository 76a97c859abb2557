"""docker-compose.yml runs the same processes as bin/demo, in the same way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml

from config.lanes import LANES
from config.launch.places import ROOT
from config.launch.processes import PROCESSES

# What production has instead of bin/demo's embedded servers and front, and the one-off that migrates.
AROUND = {"postgres", "redis", "front", "migrate"}


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_compose_lists_every_process_and_no_other(services):
    assert set(services) - AROUND == {process.name for process in PROCESSES}


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_compose_starts_each_process_as_the_demo_does(services, process):
    assert services[process.name]["command"].split() == ["python", "-m", *process.arguments()]


def test_compose_is_valid():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema=vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_lanes_queue_has_a_process_that_drains_it():
    words = [word for process in PROCESSES for word in process.command]
    queues = {queue for word in words if word.startswith("--queues=") for queue in word[9:].split(",")}
    assert {lane.queue for lane in LANES.values()} <= queues | {"network"}
    assert "network" in {process.name for process in PROCESSES}


def test_the_web_is_loaded_whole_before_it_is_forked_and_opens_nothing():
    look = """
import sys, threading
import config.wsgi
from django.db import connection
assert connection.connection is None, "workers would share a connection"
assert threading.enumerate() == [threading.main_thread()], "a fork has no thread but its own"
assert {"config.urls", "config.urls_platform", "inbox.urls"} <= set(sys.modules), "a worker would load pages"
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_caddyfile_sends_live_to_live_and_the_rest_to_web():
    caddyfile = (ROOT / "docker" / "Caddyfile").read_text()
    assert "handle /live {\n\t\treverse_proxy live:8001" in caddyfile
    assert "handle {\n\t\treverse_proxy web:8000" in caddyfile
