"""The product's settings with the measured view instead of its pages."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
