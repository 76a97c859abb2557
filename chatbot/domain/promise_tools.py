"""«¿Me da hasta el viernes?»: a promise to pay, offered within the policy and given only after a yes."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from billing.domain.promise_offers import Offer, at_hour, offer_promise
from billing.domain.promise_state import say_moment
from billing.domain.promises import PromiseRefused, grant_promise, refuse
from billing.models import BillingPolicy
from chatbot import intents
from chatbot.domain.account_tools import how_to_pay_lines
from chatbot.domain.contact_limits import past_offers
from chatbot.domain.dialogues.base import YES
from chatbot.domain.dialogues.replies import read_assent, wants_out
from chatbot.domain.people_tools import person_wrote_since, reach_person
from chatbot.domain.promised_days import named_day, says_no, says_yes
from chatbot.domain.situations import PROMISE_YES, Answer, Situation
from chatbot.engines.base import NONE
from chatbot.models import Turn
from chatbot.staff_words import in_staff_language
from events.domain import Actor
from tenants.current import tenant_today
from tenants.formats import format_money

BOT = BillingPolicy.Promiser.BOT
# What an answer to an offer may be taken for; anything else is a wish of its own.
ABOUT_IT = frozenset({NONE, intents.PROMISE, intents.ACKNOWLEDGED, intents.THANKS, intents.GREETING})


def offer_time(s: Situation) -> Answer:
    """Somebody asks for time: offer the day they named, or the last that may be, and ask for a yes. Gives nothing yet.

    Where the provider does not let the bot give promises, a person takes over.
    """
    offer = offer_promise(customer_id=s.account_id, by=BOT, now=s.now)
    if BOT not in offer.policy.promise_by:
        return reach_person(s)
    if (refused := past_offers(s)) is not None:
        return refused
    if offer.refusals:
        return Answer("\n".join([offer.refusals[0].sentence, *_way_out(s)]))
    day, lines = _day_for(s, offer)
    if day is None:
        return Answer("\n".join([_("Hoy ya pasó la hora en que podía prometer pagar."), *_way_out(s)]))
    said = {"until": say_moment(at_hour(day, offer.policy)), "amount": format_money(offer.owed, offer.currency)}
    lines.append(_("Puedo anotar que paga %(amount)s a más tardar el %(until)s.") % said)
    if offer.cut:
        lines.append(_("Si acepta, su servicio se reconecta ahora."))
    else:
        lines.append(_("Hasta entonces no se le corta por esa deuda."))
    lines.append(_("Si a esa hora no pagó, se corta y por un tiempo no podrá pedir otra."))
    lines.append(_("¿Acepta? Responda «sí» o «no»."))
    return Answer("\n".join(lines), waiting_for=f"{PROMISE_YES}:{day.isoformat()}")


def _day_for(s: Situation, offer: Offer) -> tuple[dt.date | None, list[str]]:
    """The day to offer, and what to say first when it is not the one that was named."""
    wanted = named_day(s.text, offer.today)
    if wanted is None:
        wanted, lines = offer.last_day, []
    elif wanted > offer.last_day:
        lines = [_("No puedo darle tanto tiempo.")]
        wanted = offer.last_day
    else:
        lines = []
    if at_hour(wanted, offer.policy) <= s.now:
        wanted += dt.timedelta(days=1)
    return (wanted if wanted <= offer.last_day else None), lines


def answer_offer(s: Situation) -> Answer | None:
    """What the customer says to the offer: yes gives it, no leaves it; None when they speak of something else.

    Only a plain yes gives anything: with another day in it that day is offered, with a question it is answered.
    """
    if s.intent == intents.HUMAN or _is_over(s):
        return None
    offered = dt.date.fromisoformat(s.waiting_for.partition(":")[2])
    if named_day(s.text, tenant_today(s.now)) not in {None, offered}:
        return offer_time(s) if s.intent in ABOUT_IT else None
    if wants_out(s.text) or (says_no(s.text) and s.intent in ABOUT_IT):
        return Answer(_("De acuerdo, no anoté nada. Cuando pague, mándeme aquí la foto de su comprobante."))
    begins = s.text.split()[:1]
    agrees = read_assent(s.text) == YES and (s.intent in ABOUT_IT or says_yes(" ".join(begins)))
    if agrees or (s.intent == intents.ACKNOWLEDGED and "?" not in s.text):
        return _give(s, offered)
    return None


def _is_over(s: Situation) -> bool:
    """Say whether a person has written since it was offered: the yes is to them."""
    rows = Turn.objects.filter(conversation_id=s.conversation.pk, waiting_for=s.waiting_for, intent=intents.PROMISE)
    offered_at = rows.order_by("-pk").values_list("settled_at", flat=True).first()
    return offered_at is not None and person_wrote_since(s, offered_at)


def _give(s: Situation, day: dt.date) -> Answer:
    try:
        with in_staff_language():
            promise = grant_promise(
                customer_id=s.account_id,
                until=day,
                by=BOT,
                actor=Actor.bot(),
                key=f"bot:{s.conversation.pk}:{s.now.isoformat()}",
                now=s.now,
            )
    except PromiseRefused as refused:
        return Answer("\n".join([_why_not(s, day, refused), *_way_out(s)]), intent=intents.PROMISE)
    said = {"amount": format_money(promise.amount, promise.currency), "until": say_moment(promise.until)}
    lines = [_("Listo: anoté que paga %(amount)s a más tardar el %(until)s.") % said]
    if promise.reconnected:
        lines.append(_("Su servicio se está reconectando; si en unos minutos no navega, apague y encienda su módem."))
    return Answer("\n".join([*lines, *how_to_pay_lines(s)]), intent=intents.PROMISE)


def _why_not(s: Situation, day: dt.date, refused: PromiseRefused) -> str:
    """Say in the customer's language what was refused in the staff's."""
    offer = offer_promise(customer_id=s.account_id, by=BOT, now=s.now)
    try:
        refuse(offer, at_hour(day, offer.policy), now=s.now)
    except PromiseRefused as same:
        return str(same)
    return str(refused)


def _way_out(s: Situation) -> list[str]:
    return [*how_to_pay_lines(s), _("Si necesita algo más, escriba «una persona».")]
