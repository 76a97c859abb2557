"""Who is behind a channel address: the conversation it leads to, and the customer reached there.

The senders of a batch are looked up together. A conversation that was found may be merged away before it is locked,
which the lock follows; an address that led nowhere is looked up again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from customers.domain.queries import customers_by_phones
from customers.models import Customer
from inbox.addresses import address_variants, phone_of, phone_variants
from inbox.models import Address, Channel
from tenants.batches import once_a_batch


@dataclass
class _Foreseen:
    conversations: dict[tuple[int, str], int] = field(default_factory=dict)
    customers: dict[str, Customer | None] = field(default_factory=dict)


@once_a_batch
def _foreseen() -> _Foreseen:
    """What `foresee` looked up for the present batch; outside of a batch nothing."""
    return _Foreseen()


def foresee(senders: Collection[tuple[int, str]]) -> None:
    """Look up the senders of a batch, (a channel's id, an address) each, with two queries."""
    channels, addresses = {channel for channel, _ in senders}, {address for _, address in senders}
    rows = Address.objects.filter(channel_id__in=channels, value__in=addresses)
    seen = _foreseen()
    seen.conversations |= {(row.channel_id, row.value): row.conversation_id for row in rows}
    phones = {address: phone_of(address) for address in addresses}
    seen.customers |= customers_by_phones({key: phone_variants(phone) for key, phone in phones.items() if phone})


def known_at(channel: Channel, address: str, aliases: Collection[str]) -> dict[str, int]:
    """Return the conversations an address leads to: by itself first, then by a variant or an alias."""
    foreseen = _foreseen().conversations.get((channel.pk, address))
    if foreseen is not None and not aliases:
        return {address: foreseen}
    wanted = [address, *writings_of(address), *aliases]
    rows = Address.objects.filter(channel=channel, value__in=wanted).order_by("id")
    found = dict(rows.values_list("value", "conversation_id"))
    return {value: found[value] for value in wanted if value in found}


def writings_of(address: str) -> list[str]:
    """Return the ways a number's address is written, itself first; none where it is no number's."""
    phone = phone_of(address)
    return address_variants(phone) if phone else []


def customer_at(address: str) -> Customer | None:
    """Return the one customer reached at a channel address, or None when there is none or more than one."""
    foreseen = _foreseen().customers
    if address in foreseen:
        return foreseen[address]
    phone = phone_of(address)
    return customers_by_phones({address: phone_variants(phone)})[address] if phone else None
