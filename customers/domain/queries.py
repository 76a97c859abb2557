"""Reads of customers that have a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from customers.models import Contact, Customer


def customers_by_phones(phones: Mapping[str, Collection[str]]) -> dict[str, Customer | None]:
    """Return, for each key's phone (E.164, in all the ways it is written), the customer reached there.

    None when nobody or more than one is: two people sharing a number is a person's decision, not a guess of ours.
    """
    written = {one for writings in phones.values() for one in writings}
    reached = Contact.objects.filter(value__in=written, kind__in=[Contact.Kind.PHONE, Contact.Kind.WHATSAPP])
    owners: dict[str, dict[int, Customer]] = {}
    for contact in reached.select_related("customer"):
        owners.setdefault(contact.value, {})[contact.customer_id] = contact.customer
    found = {}
    for key, writings in phones.items():
        people = {pk: who for one in writings for pk, who in owners.get(one, {}).items()}
        found[key] = next(iter(people.values())) if len(people) == 1 else None
    return found


def reachable_phone(customer_id: int) -> str | None:
    """Return the phone WhatsApp should use for a customer: their WhatsApp contact, else their first phone."""
    contacts = Contact.objects.filter(
        customer_id=customer_id, kind__in=[Contact.Kind.WHATSAPP, Contact.Kind.PHONE], opted_out=False
    )
    found = sorted(contacts, key=lambda c: (c.kind != Contact.Kind.WHATSAPP, not c.is_primary, c.pk))
    return found[0].value if found else None
