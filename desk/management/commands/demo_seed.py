"""`manage.py demo_seed --world FILE`: make the demo's providers, or renew where their simulators listen."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from desk.demo.calendar import Calendar
from desk.demo.routers import write_listed_files
from desk.demo.seed import seed
from desk.demo.world import World


class Command(BaseCommand):
    """Called by bin/demo before the simulators start; with --files-only by bin/demo --story."""

    help = "Make the demo's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True)
        parser.add_argument("--files-only", action="store_true", help="only the simulators' files, from the lists")

    def handle(self, *args: Any, **options: Any) -> None:
        world, now = World.read(options["world"]), timezone.now()
        if options["files_only"]:
            write_listed_files(world, as_of=Calendar(timezone.localtime(now)).list_day)
        else:
            seed(world, now=now, say=self.stdout.write)
