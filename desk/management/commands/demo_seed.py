"""`manage.py demo_seed --world FILE`: make the demo's providers, or renew where their simulators listen."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from desk.demo.seed import seed
from desk.demo.world import World


class Command(BaseCommand):
    """Called by bin/demo before the simulators start."""

    help = "Make the demo's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        seed(World.read(options["world"]), now=timezone.now(), say=self.stdout.write)
