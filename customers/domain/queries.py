"""Reads of customers that have a name."""

from __future__ import annotations

from customers.models import Contact, Customer


def customer_for_phone(e164: str) -> Customer | None:
    """Return the customer reached at a phone (E.164), or None when nobody or more than one is.

    Two people sharing a number is a person's decision, not a guess of ours.
    """
    ids = list(
        Contact.objects.filter(value=e164, kind__in=[Contact.Kind.PHONE, Contact.Kind.WHATSAPP])
        .values_list("customer_id", flat=True)
        .distinct()[:2]
    )
    return Customer.objects.get(pk=ids[0]) if len(ids) == 1 else None


def reachable_phone(customer_id: int) -> str | None:
    """Return the phone WhatsApp should use for a customer: their WhatsApp contact, else their first phone."""
    contacts = Contact.objects.filter(
        customer_id=customer_id, kind__in=[Contact.Kind.WHATSAPP, Contact.Kind.PHONE], opted_out=False
    )
    found = sorted(contacts, key=lambda c: (c.kind != Contact.Kind.WHATSAPP, not c.is_primary, c.pk))
    return found[0].value if found else None
