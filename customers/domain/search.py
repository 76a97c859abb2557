"""Find customers as people ask for them."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet

from customers.domain import extras
from customers.models import Contact, Customer
from customers.text import fold


def matching_ids(text: str) -> QuerySet[Any]:
    """Return a subquery of customer ids for `text`: words of the name in any order, code, phone, national id,
    and whatever the rooms above registered (PPPoE user, address).

    One UNION of indexed lookups: an OR across tables would read them whole.
    """
    key = fold(text)
    by_name = Customer.objects.all()
    for word in key.split():
        by_name = by_name.filter(name_key__contains=word)
    parts: list[Any] = [Customer.objects.filter(code__icontains=text.strip()).values("id")]
    digits = re.sub(r"\D", "", text)
    # «oscar0001» is a user, not part of a phone.
    if len(digits) >= 4 and not any(letter.isalpha() for letter in text):
        parts.append(Contact.objects.filter(value__contains=digits).values("customer_id"))
        parts.append(Customer.objects.filter(national_id__startswith=digits).values("id"))
    for finder in extras.finders.values():
        more = finder(text.strip())
        if more is not None:
            parts.append(more)
    return by_name.values("id").union(*parts)


def find_customers(text: str, *, user: Any, limit: int = 20) -> list[Customer]:
    """Return up to `limit` customers `user` may see that match `text`, by name."""
    if not text.strip():
        return []
    return list(Customer.objects.visible_to(user).matching(text).order_by("name_key", "id")[:limit])
