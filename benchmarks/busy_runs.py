"""Bill month after month until told to stop: the company restore-latency-busy keeps.

python -m benchmarks.busy_runs PROVIDER

Prints a line when it begins and one after each run, so that whoever measures knows that it was really busy.
"""

from __future__ import annotations

import json
import sys
from itertools import count

import django


def main(provider: str) -> None:
    """Bill the provider's months, each a new period, one run after another."""
    from benchmarks.billing_months import bill, month_number  # noqa: PLC0415 -- apps must be loaded first
    from tenants.current import enter  # noqa: PLC0415 -- apps must be loaded first

    with enter(provider):
        _say({"run": 0})
        for number in count():
            run = bill(month_number(number))
            _say({"run": number + 1, "invoices": run.invoices})


def _say(what: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
