"""Reads of customers that have a name."""

from __future__ import annotations

from collections.abc import Collection

from customers.models import Contact, Customer


def customer_for_phones(writings: Collection[str]) -> Customer | None:
    """Return the customer reached at a phone (E.164, in all the ways it is written); None when none or several are.

    Two people sharing a number is a person's decision, not a guess of ours.
    """
    reached = Contact.objects.filter(value__in=writings, kind__in=[Contact.Kind.PHONE, Contact.Kind.WHATSAPP])
    found = Customer.objects.filter(pk__in=reached.values("customer_id"))[:2]
    return found[0] if len(found) == 1 else None


def reachable_phone(customer_id: int) -> str | None:
    """Return the phone WhatsApp should use for a customer: their WhatsApp contact, else their first phone."""
    contacts = Contact.objects.filter(
        customer_id=customer_id, kind__in=[Contact.Kind.WHATSAPP, Contact.Kind.PHONE], opted_out=False
    )
    found = sorted(contacts, key=lambda c: (c.kind != Contact.Kind.WHATSAPP, not c.is_primary, c.pk))
    return found[0].value if found else None
