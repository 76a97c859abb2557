"""Run one benchmark in this process and print its result as JSON; bin/bench starts one such process each.

python -m benchmarks.one NAME [ROUNDS]
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

import django

from benchmarks import BENCHMARKS
from benchmarks.base import Benchmark, run


def main(name: str, rounds: int | None) -> None:
    """Set Django up (the environment names the servers), measure, print."""
    django.setup()
    benchmark: Benchmark = import_module(BENCHMARKS[name]).BENCHMARK
    sys.stdout.write(json.dumps(run(benchmark, rounds).as_json()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
