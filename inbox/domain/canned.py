"""Ready answers: found by their shortcut, their variables filled in from the conversation and its customer.

What rooms above know (a balance, a due day) they register at start with `add_variable`; the inbox knows none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Service
from inbox.models import CannedReply, Conversation
from tenants.current import current_tenant

PLACE = re.compile(r"\{(\w{1,30})\}")
FOUND = 8

# What a variable is for a conversation, now, for this person; "" where it is not known.
Filler = Callable[[Conversation, User, datetime], str]


@dataclass(frozen=True)
class Variable:
    """A variable of ready answers. `code`: the permission it takes to see it."""

    name: str
    label: str | Promise
    fill: Filler
    code: str = ""


class ShortcutTaken(ValueError):
    """There is a ready answer with that shortcut."""


variables: dict[str, Variable] = {}


def add_variable(variable: Variable) -> None:
    """Add a variable. Raises ValueError when its name is taken."""
    if variable.name in variables:
        raise ValueError(f"{variable.name} is registered already")
    variables[variable.name] = variable


def replies_for(user: User) -> QuerySet[CannedReply]:
    """Return everybody's ready answers and this person's own."""
    return CannedReply.objects.filter(Q(owner=None) | Q(owner=user))


def find_replies(*, user: User, text: str) -> list[CannedReply]:
    """Return those whose shortcut begins with `text`, then those that hold it; the most used first."""
    rows = replies_for(user)
    begins = list(rows.filter(shortcut__istartswith=text).order_by("-used", "shortcut")[:FOUND])
    if not text or len(begins) == FOUND:
        return begins
    holds = rows.filter(Q(shortcut__icontains=text) | Q(body__icontains=text)).exclude(pk__in=[r.pk for r in begins])
    return [*begins, *holds.order_by("-used", "shortcut")[: FOUND - len(begins)]]


def fill_reply(*, body: str, conversation: Conversation, user: User, now: datetime) -> str:
    """Return the words with what is known filled in; what is not stays in its braces for the person to write."""

    def value(found: re.Match[str]) -> str:
        return known_value(name=found[1].lower(), conversation=conversation, user=user, now=now) or found[0]

    return PLACE.sub(value, body)


def known_value(*, name: str, conversation: Conversation, user: User, now: datetime) -> str:
    """Return what a variable says of a conversation; "" where it is not known, or not for this person."""
    variable = variables.get(name)
    if variable is None or (variable.code and not user.can(variable.code)):
        return ""
    return variable.fill(conversation, user, now)


def save_reply(reply: CannedReply) -> CannedReply:
    """Keep a ready answer as it stands. Raises ShortcutTaken: among everybody's, or among one's own."""
    reply.shortcut = reply.shortcut.lower()
    rows = CannedReply.objects.filter(shortcut__iexact=reply.shortcut, owner=reply.owner)
    if rows.exclude(pk=reply.pk).exists():
        raise ShortcutTaken
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError as error:  # somebody kept the same one meanwhile
        raise ShortcutTaken from error
    return reply


def note_used(reply: CannedReply) -> None:
    """Count a use, so that what is used most comes first."""
    CannedReply.objects.filter(pk=reply.pk).update(used=F("used") + 1)


def _first_name(conversation: Conversation, _user: User, _now: datetime) -> str:
    name = conversation.customer.name if conversation.customer else conversation.contact_name
    return name.split()[0] if name.split() else ""


def _full_name(conversation: Conversation, _user: User, _now: datetime) -> str:
    return conversation.customer.name if conversation.customer else conversation.contact_name


def _plan(conversation: Conversation, _user: User, _now: datetime) -> str:
    if conversation.customer is None:
        return ""
    rows = Service.objects.filter(customer=conversation.customer).exclude(status="cancelled").select_related("plan")
    return ", ".join(dict.fromkeys(service.plan.name for service in rows))


for _one in (
    Variable("nombre", _("Nombre de pila del cliente"), _first_name),
    Variable("cliente", _("Nombre completo del cliente"), _full_name),
    Variable("codigo", _("Código del cliente"), lambda c, _u, _n: c.customer.code if c.customer else ""),
    Variable("plan", _("Plan contratado"), _plan),
    Variable("agente", _("Quien escribe"), lambda _c, user, _n: user.name),
    Variable("empresa", _("Nombre de la empresa"), lambda _c, _u, _n: current_tenant().name),
):
    add_variable(_one)
