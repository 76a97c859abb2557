"""Days of a prepaid service: how many, what they come to, and where that is paid. Nothing is given before it is.

Days are paid ahead: a confirmed payment pays what is owed first, which brings a cut service back, and the rest is the
customer's credit, with which the coming packs are paid as they are charged. So what is owed is asked for with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing.domain.giving_back import policy_of_service
from billing.domain.ledger import credit_in
from billing.domain.money import ZERO, BadAmount, round_money
from billing.domain.pay_options import owed_invoices, pay_options
from billing.domain.payment_requests import RequestRefused, create_request, request_link
from billing.models import BillingPolicy, Invoice, PaymentRequest
from chatbot import intents
from chatbot.domain.account_tools import held_for, services_of, suspended_answer, tell_balance
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.people_tools import reach_person
from chatbot.domain.situations import RECEIPT_PHOTO, Answer, Option, Situation
from chatbot.staff_words import for_staff, in_staff_language
from customers.models import Hold, Plan, Service
from events.domain import Actor
from tenants.current import current_tenant
from tenants.formats import format_money

BY_THE_DAY = (7, 15, 30)
PACKS = (1, 2, 3)
A_MONTH = 30  # days of a month's price
NOT_FOR_DEBT = tuple(reason for reason in Hold.Reason.values if reason != Hold.Reason.DEBT)


@dataclass(frozen=True)
class Due:
    """What is to be paid for days, in the provider's currency: what is owed beyond the customer's credit goes first."""

    days: Decimal
    owed: Decimal
    invoices: Sequence[Invoice]

    @property
    def total(self) -> Decimal:
        """What it comes to together."""
        return self.days + self.owed


def sold_days(service: Service) -> tuple[int, ...]:
    """Return in which numbers of days a service is sold; none where it is billed by the month."""
    if service.plan.price_unit == Plan.PriceUnit.DAY:
        return BY_THE_DAY
    policy = policy_of_service(service)
    if policy.period_unit != BillingPolicy.Unit.DAYS:
        return ()
    return tuple(policy.pack_days * count for count in PACKS)


def price_of_days(service: Service, days: int) -> Decimal:
    """Return what so many days of a service come to, taxes included, in the provider's currency."""
    amount = service.monthly_price * days
    if service.plan.price_unit != Plan.PriceUnit.DAY:
        amount /= A_MONTH
    if not service.plan.tax_included and not service.customer.tax_exempt:
        amount *= 1 + service.plan.tax_rate
    return round_money(amount, current_tenant().currency)


def _begin(s: Situation) -> Answer | None:
    services = services_of(s)
    if not services:
        return reach_person(s)
    if any(sold_days(service) for service in services):
        # Days do not bring back what is off for another reason than money.
        return suspended_answer(s) if held_for(s, *NOT_FOR_DEBT) else None
    owed = tell_balance(s)
    first = _("Su servicio se paga por mes, no por días.")
    return Answer(f"{first}\n{owed.text}", waiting_for=owed.waiting_for, intent=s.intent)


def _days_of(progress: Progress) -> tuple[Service | None, tuple[int, ...]]:
    service = service_of(progress)
    return service, sold_days(service) if service else ()


def _ask_days(progress: Progress) -> Question:
    service, choices = _days_of(progress)
    if service is None or not choices:
        return Question(_("¿Cuántos días quiere? Escríbalo con número."))
    options = tuple(Option(str(days), _say_days(days), _say_price(service, days)) for days in choices)
    lines = [f"- {option.title}: {option.description}" for option in options]
    return Question("\n".join([*lines, _("¿Cuántos días quiere?")]), options, _("Ver opciones"))


def _say_days(days: int) -> str:
    return ngettext("%(count)s día", "%(count)s días", days) % {"count": days}


def _say_price(service: Service, days: int) -> str:
    return format_money(price_of_days(service, days), current_tenant().currency)


def due_for(service: Service, days: int) -> Due:
    """Return what a customer pays for so many days of a service."""
    currency = current_tenant().currency
    invoices, owed = owed_invoices(service.customer_id, currency)
    return Due(
        days=price_of_days(service, days),
        owed=max(owed - credit_in(service.customer_id, currency), ZERO),
        invoices=invoices,
    )


def _say_owed(due: Due) -> list[str]:
    if due.owed <= 0:
        return []
    money = {name: format_money(getattr(due, name), current_tenant().currency) for name in ("owed", "total")}
    return [_("Además debe %(owed)s, que se paga primero: en total %(total)s.") % money]


def _read_back(progress: Progress) -> str:
    service, choices = _days_of(progress)
    days = int(progress.get("days"))
    if service is None or days not in choices:
        return _("Le pido a una persona que vea sus días. ¿Confirma?")
    facts = {"days": _say_days(days), "plan": service.plan.name, "price": _say_price(service, days)}
    first = _("%(days)s de %(plan)s son %(price)s.") % facts
    return "\n".join([first, *_say_owed(due_for(service, days)), _("¿Le digo cómo pagarlos?")])


def _act(progress: Progress) -> Answer:
    service, choices = _days_of(progress)
    days = int(progress.get("days"))
    if service is None or days not in choices:
        return reach_person(progress.s)
    due = due_for(service, days)
    facts = {"days": _say_days(days), "price": _say_price(service, days)}
    lines = [_("%(days)s: %(price)s.") % facts, *_say_owed(due)]
    after = _("Con el pago confirmado quedan a su favor y cubren sus próximos cobros.")
    if held_for(progress.s, Hold.Reason.DEBT):
        after = _("Con el pago confirmado su servicio vuelve, y los días cubren sus próximos cobros.")
    request = _request(progress, service, days, due)
    if request is not None:
        lines += [_("Pague aquí: %(link)s") % {"link": request_link(request)}, after]
        if request.way == PaymentRequest.Way.LINK:
            return Answer("\n".join([*lines, _("Se confirma solo; no hace falta mandar comprobante.")]), whole=True)
    elif progress.s.bot.payment_instructions:
        lines += [progress.s.bot.payment_instructions, after]
    else:
        lines.append(_("Una persona le dice por aquí cómo pagarlos."))
        with in_staff_language():
            note = f"{_say_days(days)} · {service.plan.name} ({service.code})"
        return Answer("\n".join(lines), hand_over=for_staff("Quiere comprar días."), note=note)
    lines.append(_("Cuando pague, mándeme por aquí la foto de su comprobante."))
    return Answer("\n".join(lines), waiting_for=RECEIPT_PHOTO, whole=True)


def _request(progress: Progress, service: Service, days: int, due: Due) -> PaymentRequest | None:
    """Ask for the money through the first gateway customers may use, as the staff does; None where there is none."""
    currency, s = current_tenant().currency, progress.s
    for option in pay_options(currency, for_customers=True):
        try:
            return create_request(
                account=option.account,
                customer_id=s.account_id,
                amount=due.total,
                actor=Actor.bot(),
                key=f"turn:{s.turn_id}:days",
                now=s.now,
                way=option.way,
                invoice_ids=[invoice.pk for invoice in due.invoices] if due.owed > 0 else [],
                description=f"{_say_days(days)} · {service.plan.name}",
            )
        except (RequestRefused, BadAmount):
            continue
    return None


BUY_DAYS = Form(
    name="buy_days",
    intent=intents.BUY_DAYS,
    begin=_begin,
    slots=(
        SERVICE,
        Slot("days", _ask_days, gettext_noop("Días"), near=frozenset({intents.PROMISE, intents.HOW_TO_PAY})),
    ),
    read_back=_read_back,
    act=_act,
)
