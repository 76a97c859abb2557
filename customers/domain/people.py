"""Register customers and change what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.domain.codes import take_codes
from customers.domain.tax_terms import check_tax_terms
from customers.models import Contact, Customer
from events.domain import Actor, record

# What a person may change.
EDITABLE = (
    "name",
    "national_id",
    "email",
    "address",
    "locality",
    "city",
    "latitude",
    "longitude",
    "notes",
    "zone",
    "tax_id",
    "tax_exempt",
    "tax_exempt_reason",
)


@transaction.atomic
def create_customer(
    *, fields: dict[str, Any], phones: Sequence[str], actor: Actor, now: datetime, code: str = ""
) -> Customer:
    """Register a customer with their phones (E.164). Without a code they get the next number.

    Raises KeyError for a field nobody may set, TaxTermsRefused, IntegrityError when the code is taken.
    """
    values = check_tax_terms(fields)
    withholdings = values.pop("withholdings", ())
    customer = Customer(code=code or take_codes(1)[0], created_at=now)
    _set(customer, values)
    customer.save()
    customer.withholdings.set(withholdings)
    set_phones(customer=customer, phones=phones)
    record("customer.created", subject=customer, actor=actor, at=now)
    return customer


@transaction.atomic
def change_customer(
    *, customer_id: int, fields: dict[str, Any], phones: Sequence[str] | None, actor: Actor, now: datetime
) -> Customer:
    """Change a customer; phones of None stay as they are. What is the same already records nothing.

    Raises KeyError for a field nobody may set, TaxTermsRefused.
    """
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    values = check_tax_terms(fields, customer)
    withholdings = values.pop("withholdings", None)
    changed = _set(customer, values)
    if changed:
        customer.save()
    if withholdings is not None and set(customer.withholdings.all()) != set(withholdings):
        customer.withholdings.set(withholdings)
        changed.append("withholdings")
    if phones is not None and set_phones(customer=customer, phones=phones):
        changed.append("phones")
    if changed:
        record("customer.changed", subject=customer, actor=actor, at=now, fields=sorted(changed))
    return customer


def set_phones(*, customer: Customer, phones: Sequence[str]) -> bool:
    """Make these the customer's phones, the first of them the main one. Returns whether anything changed.

    A number that stays keeps its kind and whether its owner wants to be left alone.
    """
    kinds = (Contact.Kind.PHONE, Contact.Kind.WHATSAPP)
    have = {contact.value: contact for contact in customer.contacts.filter(kind__in=kinds)}
    before = [(value, contact.is_primary) for value, contact in have.items()]
    wanted = list(dict.fromkeys(phones))
    for value, contact in have.items():
        if value not in wanted:
            contact.delete()
    for at, value in enumerate(wanted):
        contact = have.get(value) or Contact(customer=customer, kind=Contact.Kind.PHONE, value=value)
        if contact.pk is None or contact.is_primary != (at == 0):
            contact.is_primary = at == 0
            contact.save()
    after = list(customer.contacts.filter(kind__in=kinds).values_list("value", "is_primary"))
    return sorted(before) != sorted(after)


def _set(customer: Customer, fields: dict[str, Any]) -> list[str]:
    changed = []
    for field, value in fields.items():
        if field not in EDITABLE:
            raise KeyError(field)
        if getattr(customer, field) != value:
            setattr(customer, field, value)
            changed.append(field)
    return changed
