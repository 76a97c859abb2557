"""Fill a demo: two providers with people, debts, a billed month, payments of the days before, and chats.

Run before the simulators start, at every start: what exists is kept, addresses of the simulators are renewed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from customers.models import Customer
from desk.demo.bots import found_bots
from desk.demo.calendar import Calendar
from desk.demo.counter import set_up_counter
from desk.demo.history import live_through
from desk.demo.knowledge import teach_bot
from desk.demo.lists import receive_list, start_import
from desk.demo.outages import tell_outages
from desk.demo.own_site import connect_own_channels, site_of, write_sites
from desk.demo.past_talks import talk_in_the_past
from desk.demo.providers import (
    ACTOR,
    connect_messaging,
    found_platform,
    found_provider,
    refuse_production,
    staff_provider,
    turn_on_bot,
    write_documents,
)
from desk.demo.routers import connect_routers, write_simulator_files
from desk.demo.tickets import open_tickets
from desk.demo.tills import ask_some, connect_gateways, write_gateway_files
from desk.demo.uisp import connect_uisp, write_uisp_file
from desk.demo.world import PROVIDERS, Provider, World
from desk.imports.run import drain as drain_imports
from desk.models import ImportRun
from tenants.current import entered
from tenants.wakes import wake

Say = Callable[[str], None]


def seed(world: World, *, now: datetime, say: Say) -> None:
    """Make what is missing of the demo's world and write the simulators' files. Raises RuntimeError in production."""
    refuse_production()
    found_platform()
    sites = []
    for provider in PROVIDERS:
        began = time.monotonic()
        tenant = found_provider(provider)
        with entered(tenant):
            fresh = not Customer.objects.exists()
            staff_provider(provider)
            connect_messaging(provider, world)
            connect_own_channels(provider, world)
            turn_on_bot(provider)
            teach_bot(provider, now=now)
            found_bots(provider, now=now)
            write_documents(provider)
            connect_gateways(provider, now)
            if fresh:
                _fill(provider, now)
                ask_some(now)
                open_tickets(now)
                talk_in_the_past(provider, now=now)
            connect_routers(provider, world, now)
            connect_uisp(provider, world, now)
            if fresh:
                tell_outages(now=now)
            wake("inbox.templates")  # its approved texts are asked for at once
            wake("billing.clock")  # tonight's list is there from the first minute
            if world.site_port:
                sites.append(site_of(provider))
            count = Customer.objects.count()
        say(f"{provider.name}: {count} clientes ({time.monotonic() - began:.1f} s)")
    write_simulator_files(world)
    for provider in PROVIDERS:
        write_uisp_file(provider, world)
    write_gateway_files(world)
    write_sites(world, sites)


def _fill(provider: Provider, now: datetime) -> None:
    calendar = Calendar(now.astimezone(ZoneInfo(provider.timezone)), months=3, issue_day=1)
    brought = calendar.at(calendar.list_day, 12)
    run = receive_list(provider, as_of=calendar.list_day, actor=ACTOR, now=brought)
    start_import(run, actor=ACTOR, now=brought)
    while ImportRun.objects.filter(stage=ImportRun.Stage.RUNNING).exists():
        drain_imports(now=brought)
    live_through(calendar)
    set_up_counter(now=now)
