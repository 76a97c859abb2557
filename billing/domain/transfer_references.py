"""Which customer a bank's line names by their reference."""

from __future__ import annotations

from billing.gateways.transfer.reference import make_reference, read_references
from customers.models import Customer


def reference_of(customer_id: int) -> str:
    """The reference the customer writes on every transfer; it never changes."""
    return make_reference(customer_id)


def customer_of_reference(text: str) -> int | None:
    """The id of the one customer whose reference stands in `text`; None for nobody, or for more than one."""
    numbers = read_references(text)
    found = list(Customer.objects.filter(pk__in=numbers).values_list("id", flat=True)[:2]) if numbers else []
    return found[0] if len(found) == 1 else None
