"""Plain Django without any middleware: the floor of webhook-accept."""

from benchmarks.settings_plain import *  # noqa: F403

ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "benchmarks.bare_urls"
MIDDLEWARE = []
