"""`manage.py story --world FILE`: the main job, verified. `bin/demo --story` starts the processes and calls it."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import routeros_api.exceptions
from django.core.management.base import BaseCommand, CommandError

from desk.demo.providers import found_platform, refuse_production
from desk.demo.story import Story, StoryError
from desk.demo.witness import Address
from desk.demo.world import PROVIDERS, World


class Command(BaseCommand):
    """Exit code 0 only when every step of every provider was verified."""

    help = "Tell the main job end to end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True)
        parser.add_argument("--router", metavar="HOST:PORT", help="a router of your own for the first provider")
        parser.add_argument("--router-user")
        parser.add_argument("--router-password-env", metavar="VAR", help="the variable that holds its password")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_production()
        own = _own_router(options)
        world = World.read(options["world"])
        found_platform()
        try:
            for number, provider in enumerate(PROVIDERS):
                Story(provider, world, say=self.stdout.write, own=own if number == 0 else None).tell()
        except StoryError:
            sys.exit(1)
        except (OSError, routeros_api.exceptions.RouterOsApiConnectionError) as error:
            raise CommandError(f"Something does not answer: {error}") from None
        self.stdout.write("both providers: ledger sums to zero, internet restored")


def _own_router(options: dict[str, Any]) -> Address | None:
    if not options["router"]:
        return None
    host, _colon, port = options["router"].rpartition(":")
    variable = options["router_password_env"] or ""
    if not host or not port.isdigit() or not options["router_user"] or variable not in os.environ:
        raise CommandError(
            "Give the router as HOST:PORT with --router-user, and --router-password-env with the name of a variable "
            "that holds its password."
        )
    return Address(host, int(port), options["router_user"], os.environ[variable])
