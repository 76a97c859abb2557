"""What one contact may have: turns in an hour, receipts and offers of time in a day. Past it a person looks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from billing.models import Receipt
from chatbot.domain.situations import PROMISE_YES, Answer, Situation
from chatbot.models import Turn
from chatbot.staff_words import for_staff
from tenants.batches import once_a_batch

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


@once_a_batch
def _foreseen() -> dict[int, int]:
    """Return the turns of an hour by conversation, where a batch counted them."""
    return {}


def foresee_turns(conversation_ids: Collection[int], *, now: datetime) -> None:
    """Count the turns of an hour of all conversations of a batch, with one query."""
    rows = _answered(now).filter(conversation__in=conversation_ids).order_by()
    counted = dict(rows.values_list("conversation").annotate(Count("pk")))
    _foreseen().update({pk: counted.get(pk, 0) for pk in conversation_ids})


def _answered(now: datetime) -> QuerySet[Turn]:
    return Turn.objects.filter(state=Turn.State.DONE, settled_at__gt=now - AN_HOUR)


def past_turns(s: Situation) -> Answer | None:
    """Return what is said to whoever wrote too much in an hour; None within the number."""
    if not s.bot.turns_an_hour:
        return None
    done = _foreseen().get(s.conversation.pk)
    if done is None:
        done = _answered(s.now).filter(conversation=s.conversation).count()
    if done < s.bot.turns_an_hour:
        return None
    reason = for_staff("Escribió más de %(most)s mensajes en una hora.") % {"most": s.bot.turns_an_hour}
    return Answer(_("Le paso con una persona. Le contesta por aquí en cuanto se desocupe."), hand_over=reason)


def past_receipts(s: Situation, *, more: int) -> Answer | None:
    """Return what is said to whoever sends more proofs of payment in a day than one may; None within the number."""
    most = s.bot.contact_receipts_a_day
    rows = Receipt.objects.filter(message__conversation=s.conversation, message__created_at__gt=s.now - A_DAY)
    if not most or rows.count() + more <= most:
        return None
    reason = for_staff("Mandó más de %(most)s comprobantes en un día.") % {"most": most}
    return Answer(_("Ya nos llegaron varios comprobantes suyos hoy. Una persona los revisa."), hand_over=reason)


def past_offers(s: Situation) -> Answer | None:
    """Return what is said to whoever had time offered too often in a day; None within the number."""
    most = s.bot.contact_promises_a_day
    rows = Turn.objects.filter(
        conversation=s.conversation, settled_at__gt=s.now - A_DAY, waiting_for__startswith=f"{PROMISE_YES}:"
    )
    if not most or rows.count() < most:
        return None
    reason = for_staff("Pidió tiempo para pagar más de %(most)s veces en un día.") % {"most": most}
    return Answer(_("Ya le ofrecí hoy varias fechas. Le paso con una persona."), hand_over=reason)
