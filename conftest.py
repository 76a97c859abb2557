"""The test suite's environment; what it does is told in tests/harness/."""

from tests.harness import environment

# Django's settings read the environment when they are first imported, which pytest-django does before
# this file for a settings module named in the configuration. So it is named here instead.
environment.prepare()

import django  # noqa: E402

django.setup()

pytest_plugins = [
    "tests.harness.session",
    "tests.harness.fixtures",
    "tests.harness.processes",
    "tests.harness.browser",
]
