"""Answers from the customer's account: what is owed, what was paid, what is contracted, why there is no internet.

Each takes the customer from the conversation. None takes a name, a number or an amount from a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.domain.accounts import accounts_of
from billing.domain.ledger import credit_in
from billing.domain.money import ZERO
from billing.domain.verdicts import Account, Owed
from billing.models import Receipt
from chatbot.domain.people_tools import reach_person
from chatbot.domain.situations import RECEIPT_PHOTO, Answer, Situation
from chatbot.staff_words import for_staff, in_staff_language
from customers.models import Hold, Service
from network.domain.queries import states_for_services
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_money

SHOWN = 6  # invoices or services named in one message


def tell_balance(s: Situation) -> Answer:
    """Say what is owed, invoice by invoice, and until when."""
    lines = debt_lines(s)
    if not lines:
        credit = credit_in(s.account_id, current_tenant().currency)
        if credit > 0:
            money = format_money(credit, current_tenant().currency)
            return Answer(_("No debe nada. Tiene %(money)s a su favor.") % {"money": money})
        return Answer(_("No debe nada: está al corriente."))
    if held_for(s, Hold.Reason.DEBT):
        lines.append(_("Su servicio está suspendido por falta de pago."))
    return Answer("\n".join([*lines, *how_to_pay_lines(s)]))


def tell_how_to_pay(s: Situation) -> Answer:
    """Say where to pay in the provider's own words; a person answers where there are none."""
    if not s.bot.payment_instructions:
        return reach_person(s)
    return Answer("\n".join([*how_to_pay_lines(s), _("Cuando pague, mándeme por aquí la foto de su comprobante.")]))


def ask_for_photo(s: Situation) -> Answer:
    """Somebody says they paid: ask for the photo once, then a person looks. What came from here alone is spoken of."""
    waiting = Receipt.objects.filter(message__conversation=s.conversation, status=Receipt.Status.WAITING)
    if waiting.exists():
        return Answer(
            _("Ya tenemos su comprobante y una persona lo está revisando. Si es de otro pago, mándeme la foto."),
            waiting_for=RECEIPT_PHOTO,
        )
    if s.waiting_for == RECEIPT_PHOTO:
        return Answer(
            _("Le paso con una persona para que busque su pago."),
            hand_over=for_staff("Dice que pagó y no mandó comprobante."),
        )
    return Answer(
        _("Gracias. Mándeme por aquí una foto o captura de su comprobante y una persona lo revisa."),
        waiting_for=RECEIPT_PHOTO,
    )


def tell_plan(s: Situation) -> Answer:
    """Say which plan each service has, how fast it is and what it costs a month."""
    currency = current_tenant().currency
    lines = []
    for service in services_of(s)[:SHOWN]:
        plan = service.plan
        facts = {"plan": plan.name, "price": format_money(service.monthly_price, currency)}
        facts |= {"down": mbps(plan.download_kbps), "up": mbps(plan.upload_kbps)}
        if plan.download_kbps:
            lines.append(_("%(plan)s: %(down)s de bajada y %(up)s de subida, %(price)s al mes.") % facts)
        else:
            lines.append(_("%(plan)s, %(price)s al mes.") % facts)
    if not lines:
        return reach_person(s)
    return Answer("\n".join(lines))


def suspended_answer(s: Situation) -> Answer | None:
    """Return what to say of a service that is off: the debt and where to pay, else a person; None where it is on."""
    if held_for(s, Hold.Reason.DEBT):
        lines = [_("Su servicio está suspendido por falta de pago."), *debt_lines(s), *how_to_pay_lines(s)]
        lines.append(_("Si ya pagó, mándeme la foto de su comprobante."))
        return Answer("\n".join(lines), waiting_for=RECEIPT_PHOTO)
    if held_for(s):
        return Answer(
            _("Su servicio está suspendido. Le paso con una persona que le explica."),
            hand_over=for_staff("Pregunta por su servicio, que está suspendido."),
        )
    return None


def debt_lines(s: Situation) -> list[str]:
    """Return what is owed as lines of text; none when nothing is."""
    today = tenant_today(s.now)
    lines: list[str] = []
    for account in accounts_of([s.account_id], s.now):
        total = sum((invoice.owed for invoice in account.invoices), ZERO)
        lines.append(_("Debe %(money)s:") % {"money": format_money(total, account.currency)})
        lines += [_invoice_line(invoice, account, today) for invoice in account.invoices[:SHOWN]]
        if len(account.invoices) > SHOWN:
            lines.append(_("y %(count)d facturas más") % {"count": len(account.invoices) - SHOWN})
        if account.credit > 0:
            lines.append(_("Tiene %(money)s a su favor.") % {"money": format_money(account.credit, account.currency)})
    return lines


def _invoice_line(invoice: Owed, account: Account, today: date) -> str:
    facts = {
        "label": invoice.label,
        "money": format_money(invoice.owed, account.currency),
        "day": spoken_day(invoice.due_on, today),
    }
    if invoice.due_on < today:
        return _("- Factura %(label)s: %(money)s, venció el %(day)s") % facts
    if invoice.due_on == today:
        return _("- Factura %(label)s: %(money)s, vence hoy") % facts
    return _("- Factura %(label)s: %(money)s, vence el %(day)s") % facts


def spoken_day(day: date, today: date) -> str:
    """Return a day as people say it; with its year when it is another."""
    said = date_format(day, _(r"j \d\e F") if day.year == today.year else _(r"j \d\e F \d\e Y"))
    # Portuguese writes months small; the names we are given do not.
    return said.lower() if get_language() == "pt" else said


def how_to_pay_lines(s: Situation) -> list[str]:
    """Return the provider's words on where to pay, if there are any."""
    return [s.bot.payment_instructions] if s.bot.payment_instructions else []


def services_of(s: Situation) -> Sequence[Service]:
    """Return the customer's services, those that ended aside."""
    found = Service.objects.filter(customer_id=s.account_id).exclude(status=Service.Status.CANCELLED)
    return list(found.select_related("plan").order_by("id"))


def held_for(s: Situation, *reasons: str) -> bool:
    """Say whether a service of the customer is off, for one of `reasons` when some are given."""
    holds = Hold.objects.open(s.now).filter(service__customer_id=s.account_id)
    holds = holds.exclude(service__status=Service.Status.CANCELLED)
    return (holds.filter(reason__in=reasons) if reasons else holds).exists()


def connection_note(s: Situation) -> str:
    """Return what we see of the customer's connections, for the person who takes over, in the provider's language."""
    with in_staff_language():
        up, down = _("%(user)s en %(router)s: con sesión."), _("%(user)s en %(router)s: sin sesión.")
        lines = [
            (up if access.session_up else down) % {"user": access.username, "router": access.router.name}
            for accesses in states_for_services([service.pk for service in services_of(s)]).values()
            for access in accesses
        ]
        return "\n".join(lines) or _("No hay accesos de red registrados para este cliente.")


def mbps(kbps: int) -> str:
    """Return a speed as people say it."""
    amount = (Decimal(kbps) / 1000).quantize(Decimal("0.1")).normalize()
    return f"{amount:f} Mbps"
