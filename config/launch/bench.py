"""bin/bench: what Enlace promises about its own cost, measured beside the least it could cost.

    bin/bench [NAME...] [--json] [--rounds N]

A table, or with --json one object a line. PostgreSQL is durable (fsync on). The exit code is 1 when a
goal was missed or a benchmark failed; a benchmark that could not be judged does not count as missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import BENCHMARKS
from config.launch.children import CannotStart
from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis
from config.launch.environment import new_folder_environment
from config.launch.places import ROOT, data_folder, remove_server_folder

_TEMPLATE = "enlace_bench"


def main() -> int:
    """Measure the named benchmarks, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure Enlace beside the least it could cost.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--rounds", type=int, default=None, help="at least so many rounds (never under 9)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    folder = data_folder() / "bench"
    remove_server_folder(folder / "postgres")
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedRedis(folder / "valkey.log") as redis:
            return _measure_all(options, folder, postgres, redis)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        remove_server_folder(folder / "postgres")


def _measure_all(options: argparse.Namespace, folder: Path, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> int:
    environment = new_folder_environment(folder) | {
        "REDIS_URL": redis.url(),
        "ENLACE_LOG_LEVEL": "ERROR",
        "ENLACE_ROUTER_EXCEPTIONS_FILE": str(folder / "router-exceptions"),
    }
    sys.stderr.write("making the database ...\n")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
    _python("benchmarks.providers", environment=environment | {"DATABASE_URL": postgres.url(_TEMPLATE)})
    if not options.json:
        sys.stdout.write(_line("benchmark", "value", "goal", "met", "floor", "worst", "rounds", "samples"))
    missed = False
    for name in options.names or BENCHMARKS:
        database = name.replace("-", "_")
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as server:
            clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            server.execute(clone.format(sql.Identifier(database), sql.Identifier(_TEMPLATE)))
        arguments = [name] + ([str(options.rounds)] if options.rounds else [])
        try:
            said = _python(
                "benchmarks.one", *arguments, environment=environment | {"DATABASE_URL": postgres.url(database)}
            )
        except subprocess.CalledProcessError:
            sys.stderr.write(f"{name} failed\n")
            missed = True
            continue
        result = json.loads(said.splitlines()[-1])
        missed = missed or result["met"] is False
        sys.stdout.write(json.dumps(result) + "\n" if options.json else _row(result))
        sys.stdout.flush()
    return int(missed)


def _python(module: str, *arguments: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def _line(*cells: str) -> str:
    widths = (18, 10, 11, 12, 12, 10, 8, 8)
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


def _row(result: dict[str, Any]) -> str:
    unit = {"ratio": "x", "seconds": " s"}.get(result["kind"], "")
    of_floor = "" if result["kind"] == "bytes" else " s"
    bound = "<=" if result["better"] == "lower" else ">="
    met = {True: "yes", False: "NO", None: "not judged"}[result["met"]]
    floor = "" if result["floor"] is None else f"{result['floor']:.3g}{of_floor}"
    cells = [
        f"{result['value']:.3g}{unit}",
        f"{bound} {result['goal']:g}{unit}",
        met,
        floor,
        f"{result['worst']:.3g}{unit}",
    ]
    return _line(result["name"], *cells, str(result["rounds"]), str(result["samples"])) + f"    {result['note']}\n"


if __name__ == "__main__":
    sys.exit(main())
