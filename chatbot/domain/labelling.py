"""What the staff says a message was about: the rules learn from it (`manage.py bot train --from FILE`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chatbot.engines.base import NONE, Context
from chatbot.engines.registry import rules_engine
from chatbot.intents import MEANINGS
from chatbot.models import Turn
from inbox.models import Conversation
from tenants.current import current_tenant

LABELS = (*MEANINGS, NONE)
# What tells who it was: numbers, addresses. They teach nothing.
_WHO = re.compile(r"https?://\S+|\S+@\S+|\d[\d .,-]{3,}\d")


class UnknownIntent(ValueError):
    """There is no such intent; the message is for people."""


def list_turns(user: User, *, outcome: str = "", intent: str = "", labelled: bool = False) -> QuerySet[Turn]:
    """Return the turns with words in conversations that `user` may see, the newest first."""
    rows = Turn.objects.exclude(message__body="").filter(conversation__in=Conversation.objects.visible_to(user))
    if outcome in Turn.Outcome.values:
        rows = rows.filter(outcome=outcome)
    if intent in LABELS:
        rows = rows.filter(intent=intent)
    if labelled:
        rows = rows.exclude(right_intent="")
    return rows.select_related("message").order_by("-id")


def label_turn(*, turn: Turn, intent: str) -> Turn:
    """Say what a turn was about; empty takes that back. Raises UnknownIntent."""
    if intent and intent not in LABELS:
        raise UnknownIntent(_("No existe ese asunto."))
    turn.right_intent = intent
    turn.save(update_fields=["right_intent"])
    return turn


def labelled_lines(turns: QuerySet[Turn]) -> Iterator[str]:
    """Yield what was labelled as `bot train` reads it, one JSON object a line, without what tells who wrote it."""
    for text, intent in turns.exclude(right_intent="").values_list("message__body", "right_intent").iterator():
        said = " ".join(_WHO.sub(" ", text).split())
        if said:
            row: dict[str, Any] = {"lang": _language(said), "intent": intent, "text": said}
            yield json.dumps(row, ensure_ascii=False) + "\n"


def _language(text: str) -> str:
    read = rules_engine().choose(text, intents=MEANINGS, context=Context())
    return read.language or current_tenant().language[:2]
