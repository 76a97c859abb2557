"""How billing's rows show themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.domain.reasons import explain
from billing.domain.receipt_matching import Known
from billing.models import Discount, Invoice, Promise, Receipt, SetAside
from events.models import Event
from events.sentences import sentence
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_day, format_money
from tenants.templatetags.ui import status

register = template.Library()
PROMISE_STATUSES: dict[str, tuple[str, str]] = {
    Promise.Status.OPEN: ("due", "handshake"),
    Promise.Status.KEPT: ("active", "circle-check"),
    Promise.Status.BROKEN: ("overdue", "circle-alert"),
    Promise.Status.CANCELLED: ("paused", "ban"),
}


@register.simple_tag
def invoice_status(invoice: Invoice, *, chip: bool = False) -> str:
    """`{% invoice_status invoice %}`: Pagada, Vence el 3 dic, Vencida hace 12 días, Anulada…"""
    return status_of(state_of(invoice), invoice.due_on, tenant_today(timezone.now()), chip=chip)


def state_of(invoice: Any) -> str:
    """An invoice's status; `credited` or `written_off` where it is closed though nobody paid it whole."""
    if invoice.status == Invoice.Status.PAID and invoice.written_off:
        return "written_off"
    if invoice.status == Invoice.Status.PAID and 0 < invoice.total <= invoice.credited:
        return "credited"
    return str(invoice.status)


def status_of(state: str, due_on: dt.date, today: dt.date, *, chip: bool = False) -> str:
    """An invoice's state, as state_of says it, in words with its icon, as HTML."""
    if state == "written_off":
        return status("paused", _("Incobrable"), "circle-slash", chip=chip)
    if state == "credited":
        return status("paused", _("Acreditada"), "file-minus", chip=chip)
    if state == Invoice.Status.PAID:
        return status("active", _("Pagada"), chip=chip)
    if state == Invoice.Status.VOID:
        return status("paused", _("Anulada"), "ban", chip=chip)
    late = (today - due_on).days
    if late <= 0:
        word = _("Vence %(day)s") % {"day": format_day(due_on, today=today)}
        return status("due", word, chip=chip)
    word = ngettext("Vencida hace %(days)s día", "Vencida hace %(days)s días", late) % {"days": late}
    return status("overdue", word, chip=chip)


@register.simple_tag
def movement_rows(lines: Sequence[Any]) -> str:
    """`{% movement_rows lines %}`: the rows of a statement, from the lines of billing.views.statement.

    Written here and not in a template, where its fifty rows took longer than all the rest of the page. Amounts and
    days are our own digits and words; the label and the memo are escaped.
    """
    left = escape(_("queda"))
    rows = []
    for line in lines:
        label = escape(line.label)
        title = f'<a class="rows__link" href="{line.url}">{label}</a>' if line.url else label
        memo = f'<span class="rows__sub">{escape(line.memo)}</span>' if line.memo else ""
        rows.append(
            f'<tr><td class="rows__main">{title}{memo}</td>'
            f'<td class="rows__also">{line.day}<span class="phone-only"> · {left} {line.balance}</span></td>'
            f'<td class="num rows__end{" is-favour" if line.lowers else ""}">{line.amount}</td>'
            f'<td class="num">{line.balance}</td></tr>'
        )
    return mark_safe("\n".join(rows))  # noqa: S308 -- what people typed is escaped above


@register.filter
def discount_size(discount: Discount) -> str:
    """`{{ discount|discount_size }}`: −15 %, −$50.00."""
    if discount.kind == Discount.Kind.PERCENT:
        return f"−{discount.value.normalize():f} %"
    return f"−{format_money(discount.value, current_tenant().currency)}"


@register.simple_tag
def receipt_status(receipt: Receipt, *, chip: bool = False) -> str:
    """`{% receipt_status receipt %}`."""
    kind = {"waiting": "waiting", "accepted": "active", "rejected": "cut", "duplicate": "paused"}[receipt.status]
    return status(kind, receipt.get_status_display(), chip=chip)


@register.simple_tag
def promise_status(promise: Promise, *, chip: bool = False) -> str:
    """`{% promise_status promise %}`: Vigente, Cumplida, Incumplida, Anulada."""
    kind, name = PROMISE_STATUSES[promise.status]
    return status(kind, str(promise.get_status_display()), name, chip=chip)


@register.filter
def owed(invoice: Invoice) -> Decimal:
    """`{{ invoice|owed }}`: what is still to be paid of an invoice at hand."""
    return invoice.total - invoice.paid


@register.filter
def explained(reasons: Sequence[dict[str, Any]]) -> str:
    """`{{ decision.reasons|explained }}`: stored reasons as sentences in the reader's language."""
    return explain(reasons)


@register.filter
def set_aside_label(code: str) -> str:
    """`{{ "no_price"|set_aside_label }}`."""
    return str(SetAside.Reason(code).label)


@register.filter
def days_since(day: dt.date | None) -> int:
    """`{{ decision.oldest_due|days_since }}`: whole days up to today where the provider is."""
    return (tenant_today(timezone.now()) - day).days if day else 0


@register.simple_tag
def how_sure(known: Known | None, name: str) -> str:
    """`{% how_sure known "amount" %}`: how sure a value read from a picture is, in words; nothing if typed."""
    words = {
        "sure": ("active", _("Leído de la imagen, seguro")),
        "likely": ("due", _("Leído de la imagen, revíselo")),
        "doubtful": ("overdue", _("Leído de la imagen, dudoso")),
    }
    mark = known.mark(name) if known else ""
    return status(*words[mark]) if mark else ""


@register.simple_tag
def event_sentence(event: Event) -> str:
    """`{% event_sentence event %}`: the event as its app says it."""
    return sentence(event)
