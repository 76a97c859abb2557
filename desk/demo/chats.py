"""Some customers of the demo write in the first minute: what the inbox and the receipts start with."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from chatbot.models import Turn
from customers.domain.queries import reachable_phone
from customers.models import Customer
from desk.demo.far_side import FarSide
from desk.demo.organised import mark_talks, organise_inbox
from desk.demo.picture import receipt_picture
from desk.demo.world import PROVIDERS, Provider, World
from inbox.models import Conversation
from tenants.current import current_tenant, enter
from tenants.formats import format_money

LINES = (
    "Buenas tardes, ¿cuánto debo?",
    "no tengo internet desde la mañana",
    "quiero hablar con una persona por favor",
    "¿A qué hora abren mañana?",
)
PATIENCE = 20.0  # seconds
BANKS = ("Banco del Valle", "Caja Andina", "BancoUno")


def start_chats(world: World, *, now: datetime) -> int:
    """Make customers write through the messaging simulator, once; return how many did."""
    phones = FarSide(world.messaging_port)
    written = 0
    for provider in PROVIDERS:
        with enter(provider.slug):
            organise_inbox(now=now)
            # What was said in the weeks before was said before the provider was founded.
            begun = Conversation.objects.filter(last_inbound_at__gte=current_tenant().created_at)
            if not begun.exists():
                written += _provider_chats(provider, phones, now)
                _wait_for(lambda: begun.count() >= len(LINES))  # noqa: B023 -- called here
                _tell_who_writes(provider, phones)
            mark_talks(begun, now=timezone.now())
    return written


def _wait_for(came: Callable[[], bool]) -> bool:
    """Wait until what was written has come about, or a while: a slow machine only shows less of it."""
    deadline = time.monotonic() + PATIENCE
    while not came():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def _tell_who_writes(provider: Provider, phones: FarSide) -> None:
    """Let who asked what they owe give the datum they are asked for, so that the whole exchange is there to see."""
    asked = Turn.objects.filter(message__body=LINES[0], state=Turn.State.DONE).exclude(waiting_for="")
    if not _wait_for(asked.exists):
        return
    for turn in asked.select_related("conversation__customer"):
        customer, phone = turn.conversation.customer, turn.conversation.phone
        if customer is not None and phone:
            phones.writes(number=provider.number, customer=phone, name=customer.name, body=customer.code)


def _provider_chats(provider: Provider, phones: FarSide, now: datetime) -> int:
    people = [
        (customer, phone)
        for customer in _debtors(limit=len(BANKS) + len(LINES))
        if (phone := reachable_phone(customer.pk))
    ]
    for (customer, phone), bank in zip(people, BANKS, strict=False):
        owed = sum((invoice.total - invoice.paid for invoice in customer.invoices.filter(status="open")), start=0)
        picture = receipt_picture(
            bank=bank,
            payer=customer.name[:26],
            payee=provider.name,
            amount=format_money(owed, provider.currency),
            reference=f"{customer.pk * 7919:010d}",
            when=f"{now:%d/%m/%Y}",
        )
        phones.writes(number=provider.number, customer=phone, name=customer.name, body="ya pagué", photo=picture)
    for (customer, phone), line in zip(people[len(BANKS) :], LINES, strict=False):
        phones.writes(number=provider.number, customer=phone, name=customer.name, body=line)
    return len(people)


def _debtors(limit: int) -> list[Customer]:
    owing = Customer.objects.filter(invoices__status="open", contacts__kind__in=["phone", "whatsapp"]).distinct()
    return list(owing.order_by("id")[:limit])
