"""Signed addresses that open one document for some days, for whoever holds them and at no other provider."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from tenants.current import tenant_origin, tenant_salt

LETTERS = {"invoice": "i", "payment": "p", "statement": "s", "credit_note": "c"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
# Short, because it must fit a small QR: kind, id, last day, and for a statement its first and last movement day.
TOKEN = re.compile(r"([ipsc])(\d{1,18})-(\d{1,7})(?:-(\d{1,7})?-(\d{1,7})?)?")


class LinkUnknown(Exception):
    """No link of this provider's: forged, cut short, or another provider's."""


class LinkExpired(Exception):
    """A link of ours whose last day has passed."""


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which document: `id` is the invoice's, the payment's, or for a statement the customer's."""

    kind: str
    id: int
    since: dt.date | None = None
    until: dt.date | None = None


def sign_link(ref: DocumentRef, *, last_day: dt.date) -> str:
    """Return the token of a document; it opens until the end of `last_day` where the provider is."""
    text = f"{LETTERS[ref.kind]}{ref.id}-{_number(last_day)}"
    if ref.since or ref.until:
        text += f"-{_number(ref.since)}-{_number(ref.until)}"
    return _signer().sign(text)


def read_link(token: str, *, today: dt.date) -> DocumentRef:
    """Return what a token opens. Raises LinkUnknown, or LinkExpired for one that was good once."""
    try:
        found = TOKEN.fullmatch(_signer().unsign(token))
    except BadSignature as error:
        raise LinkUnknown from error
    if found is None:
        raise LinkUnknown
    kind, pk, last_day, since, until = found.groups()
    if _day(last_day) < today:
        raise LinkExpired
    return DocumentRef(KINDS[kind], int(pk), _day(since) if since else None, _day(until) if until else None)


def link_to(ref: DocumentRef, *, last_day: dt.date) -> str:
    """Return the whole address of a document's page on the provider's own domain."""
    return tenant_origin() + reverse("document", args=[sign_link(ref, last_day=last_day)])


def _signer() -> Signer:
    return Signer(salt=tenant_salt("billing-document"), sep=".")


def _number(day: dt.date | None) -> str:
    return str(day.toordinal()) if day else ""


def _day(number: str) -> dt.date:
    return dt.date.fromordinal(int(number))
