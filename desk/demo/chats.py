"""Some customers of the demo write in the first minute: what the inbox and the receipts start with."""

from __future__ import annotations

import time
from datetime import datetime

from django.utils import timezone

from customers.domain.queries import reachable_phone
from customers.models import Customer
from desk.demo.far_side import FarSide
from desk.demo.organised import mark_talks, organise_inbox
from desk.demo.picture import receipt_picture
from desk.demo.world import PROVIDERS, Provider, World
from inbox.models import Conversation
from tenants.current import enter
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
            if not Conversation.objects.exclude(last_inbound_at=None).exists():
                written += _provider_chats(provider, phones, now)
                _wait_for_talks()
            mark_talks(now=timezone.now())
    return written


def _wait_for_talks() -> None:
    """Wait until what was written has arrived, or a while: a slow machine only shows fewer marks."""
    deadline = time.monotonic() + PATIENCE
    while Conversation.objects.exclude(last_inbound_at=None).count() < len(LINES) and time.monotonic() < deadline:
        time.sleep(0.3)


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
