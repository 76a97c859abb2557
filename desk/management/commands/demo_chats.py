"""`manage.py demo_chats --world FILE`: let some customers of the demo write, the first time it runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from desk.demo.chats import start_chats
from desk.demo.world import World


class Command(BaseCommand):
    """Called by bin/demo once the pages answer."""

    help = "Let some of the demo's customers write."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        start_chats(World.read(options["world"]), now=timezone.now())
