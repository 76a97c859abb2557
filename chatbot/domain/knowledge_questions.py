"""What nobody had an answer to: collected once with a count, then answered or dismissed by the staff."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from chatbot.domain.knowledge import KnowledgeRefused, add_faq
from chatbot.domain.knowledge_words import asked_words, weight_of
from chatbot.models import Article, OpenQuestion
from customers.text import fold
from events.domain import Actor, record
from inbox.models import Conversation

State = OpenQuestion.State
LONGEST = 300
A_DAY = 20  # new questions of one conversation: nobody fills the list alone
DAY = timedelta(hours=24)
_NUMBER = re.compile(r"\d[\d .-]{4,}\d")  # a phone, a card: not what was asked, and not ours to show


def list_questions(*, state: str = State.OPEN) -> QuerySet[OpenQuestion]:
    """Return the questions in a state, the most asked first."""
    rows = OpenQuestion.objects.filter(state=state).select_related("article")
    return rows.order_by("-times", "-last_at", "-id")


@transaction.atomic
def collect_question(*, text: str, conversation: Conversation | None, now: datetime) -> OpenQuestion | None:
    """Note that something was asked and not answered; asked again it counts. None for what is no question.

    One that was answered and is asked again opens again: its answer is not found. A dismissed one only counts.
    """
    said = " ".join(_NUMBER.sub("#", text.replace("\x00", "")).split())[:LONGEST]
    if not _is_question(said):
        return None
    key = _key(said)
    known = OpenQuestion.objects.select_for_update().filter(key=key).first()
    if known is None:
        if conversation is not None and _asked_enough(conversation, now):
            return None
        fresh = {"text": said, "first_at": now, "last_at": now, "conversation": conversation}
        question, made = OpenQuestion.objects.get_or_create(key=key, defaults=fresh)
        if made:
            return question
        known = question
    state = State.OPEN if known.state == State.ANSWERED else known.state
    OpenQuestion.objects.filter(pk=known.pk).update(
        times=F("times") + 1, last_at=now, conversation=conversation, state=state
    )
    known.refresh_from_db()
    return known


@transaction.atomic
def answer_question(
    *, question_id: int, question: str, answer: str, language: str = "es", actor: Actor, now: datetime
) -> Article:
    """Make a question and answer of it; the next who asks hears it. Raises KnowledgeRefused, DoesNotExist."""
    row = OpenQuestion.objects.select_for_update().get(pk=question_id)
    if row.state == State.ANSWERED:
        raise KnowledgeRefused(_("Ya la contestó alguien."), "question")
    article = add_faq(question=question, answer=answer, language=language, actor=actor, now=now)
    row.state, row.article = State.ANSWERED, article
    row.save(update_fields=["state", "article"])
    return article


@transaction.atomic
def dismiss_question(*, question_id: int, actor: Actor, now: datetime) -> OpenQuestion:
    """Take a question off the list for good. Raises KnowledgeRefused when it was answered, DoesNotExist."""
    row = OpenQuestion.objects.select_for_update().get(pk=question_id)
    if row.state == State.ANSWERED:
        raise KnowledgeRefused(_("Ya la contestó alguien."), "question")
    if row.state == State.OPEN:
        row.state = State.DISMISSED
        row.save(update_fields=["state"])
        record("knowledge.dismissed", subject=row, actor=actor, at=now, title=row.text)
    return row


def _is_question(said: str) -> bool:
    """Say whether there is something in it that could be answered: two words of substance, or one and its mark."""
    words = asked_words(said)
    if "?" in said or "¿" in said:
        return bool(words)
    return len(words) >= 2 and sum(map(weight_of, words)) >= 1


def _key(said: str) -> str:
    """Return what makes two of them the same: their letters, without marks, case or accents."""
    return " ".join(re.findall(r"[a-z0-9#]+", fold(said)))[:LONGEST]


def _asked_enough(conversation: Conversation, now: datetime) -> bool:
    return OpenQuestion.objects.filter(conversation=conversation, first_at__gte=now - DAY).count() >= A_DAY
