"""What the command palette finds: pages, customers, and whatever a room below can be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Invoice
from customers.domain.search import find_customers
from customers.text import fold
from desk.navigation import link, pages_for, setting_pages
from inbox.domain.ticket_list import TicketFilter, find_tickets
from inbox.models import Conversation
from network.models import Router
from tenants.current import current_tenant
from tenants.formats import format_money, format_phone

EACH = 6  # answers per group; more is a list's work


@dataclass(frozen=True)
class Answer:
    """One row of the palette."""

    label: str
    url: str
    icon: str
    sub: str = ""
    end: str = ""


@dataclass
class Group:
    """Answers of one kind under a heading."""

    label: str
    answers: list[Answer] = field(default_factory=list)


def find_anything(text: str, *, user: Any) -> list[Group]:
    """Return the groups of answers for `text`, only what `user` may see; without text, where one can go."""
    words = text.strip()
    groups = [Group(_("Ir a"), _pages(words, user))]
    if words:
        groups = [
            Group(_("Clientes"), _customers(words, user)),
            Group(_("Facturas"), _invoices(words, user)),
            Group(_("Conversaciones"), _conversations(words, user)),
            Group(_("Tickets"), _tickets(words, user)),
            Group(_("Routers"), _routers(words, user)),
            Group(_("Hacer"), _acts(words, user)),
            *groups,
        ]
    return [group for group in groups if group.answers]


def _pages(text: str, user: Any) -> list[Answer]:
    key = fold(text)
    found = []
    for section, pages in pages_for(user):
        for page in pages:
            alone = str(page.label) == str(section.label)
            label = str(page.label) if alone else f"{section.label} › {page.label}"
            if all(word in fold(label) for word in key.split()):
                found.append(Answer(label, page.url, page.icon))
    for page in setting_pages(user):
        label = _("Ajustes") + f" › {page.label}"
        if text and all(word in fold(label) for word in key.split()):
            found.append(Answer(label, page.url, page.icon))
    return found if not text else found[:EACH]


def _customers(text: str, user: Any) -> list[Answer]:
    answers = []
    for customer in find_customers(text, user=user, limit=EACH):
        url = link("customers:detail", customer.pk)
        if url:
            place = customer.locality or customer.address
            sub = " · ".join(part for part in (customer.code, place) if part)
            answers.append(Answer(customer.name, url, "user", sub))
    return answers


def _invoices(text: str, user: Any) -> list[Answer]:
    if not user.can("billing.view"):
        return []
    rows = Invoice.objects.filter(label__startswith=text.upper()).select_related("customer").order_by("-id")[:EACH]
    return [
        Answer(row.label, url, "receipt-text", row.customer.name, format_money(row.total, row.currency))
        for row in rows
        if (url := link("billing:invoice", row.pk))
    ]


def _conversations(text: str, user: Any) -> list[Answer]:
    rows = Conversation.objects.visible_to(user).filter(contact_name__icontains=text).order_by("-last_message_at")
    country = current_tenant().country
    return [
        Answer(
            row.contact_name or format_phone(row.address, country),
            url,
            "message-circle",
            row.last_message_text or format_phone(row.address, country),
        )
        for row in rows[:EACH]
        if (url := link("inbox:conversation", row.pk))
    ]


def _tickets(text: str, user: Any) -> list[Answer]:
    rows = find_tickets(TicketFilter(text=text, state="all", order="new"), user=user, now=timezone.now())[:EACH]
    return [
        Answer(
            row.subject, url, "ticket", " · ".join([f"#{row.number}", *([row.customer.name] if row.customer else [])])
        )
        for row in rows
        if (url := link("inbox:ticket", row.pk))
    ]


def _acts(text: str, user: Any) -> list[Answer]:
    label, url = _("Nuevo ticket"), link("inbox:tickets")
    wanted = all(word in fold(label) for word in fold(text).split())
    return [Answer(label, f"{url}?nuevo=1", "plus")] if wanted and url and user.can("tickets.edit") else []


def _routers(text: str, user: Any) -> list[Answer]:
    rows = Router.objects.visible_to(user).filter(name__icontains=text)[:EACH]
    return [Answer(row.name, url, "router", row.host) for row in rows if (url := link("network:router", row.pk))]
