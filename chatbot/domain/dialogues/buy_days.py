"""Days of a prepaid service: how many, what they come to, and where that is paid. Nothing is given before it is."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing.domain.giving_back import policy_of_service
from billing.domain.money import BadAmount, round_money
from billing.domain.pay_options import pay_options
from billing.domain.payment_requests import RequestRefused, create_request, request_link
from billing.models import BillingPolicy
from chatbot import intents
from chatbot.domain.account_tools import services_of, tell_balance
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.people_tools import reach_person
from chatbot.domain.situations import RECEIPT_PHOTO, Answer, Option, Situation
from customers.models import Plan, Service
from events.domain import Actor
from tenants.current import current_tenant
from tenants.formats import format_money

BY_THE_DAY = (7, 15, 30)
PACKS = (1, 2, 3)
A_MONTH = 30  # days of a month's price


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
        return None
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


def _read_back(progress: Progress) -> str:
    service, _choices = _days_of(progress)
    days = int(progress.get("days"))
    price = _say_price(service, days) if service else ""
    facts = {"days": _say_days(days), "plan": service.plan.name if service else "", "price": price}
    return _("%(days)s de %(plan)s son %(price)s. ¿Le digo cómo pagarlos?") % facts


def _act(progress: Progress) -> Answer:
    service, choices = _days_of(progress)
    days = int(progress.get("days"))
    if service is None or days not in choices:
        return reach_person(progress.s)
    lines = [_("%(days)s: %(price)s.") % {"days": _say_days(days), "price": _say_price(service, days)}]
    if link := _pay_link(progress, service, days):
        lines.append(_("Pague aquí: %(link)s") % {"link": link})
    elif progress.s.bot.payment_instructions:
        lines.append(progress.s.bot.payment_instructions)
    else:
        lines.append(_("Una persona le dice por aquí cómo pagarlos."))
        return Answer("\n".join(lines), hand_over="Quiere comprar días.", note=lines[0])
    lines.append(_("Cuando pague, mándeme por aquí la foto de su comprobante."))
    return Answer("\n".join(lines), waiting_for=RECEIPT_PHOTO)


def _pay_link(progress: Progress, service: Service, days: int) -> str:
    """Ask for the money through the first gateway customers may use; nothing where there is none."""
    currency, s = current_tenant().currency, progress.s
    for option in pay_options(currency, for_customers=True):
        try:
            request = create_request(
                account=option.account,
                customer_id=s.account_id,
                amount=price_of_days(service, days),
                actor=Actor.bot(),
                key=f"turn:{s.turn_id}:days",
                now=s.now,
                way=option.way,
                description=f"{_say_days(days)} · {service.plan.name}",
            )
        except (RequestRefused, BadAmount):
            continue
        return request_link(request)
    return ""


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
