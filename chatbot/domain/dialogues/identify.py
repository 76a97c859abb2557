"""Who writes: a control datum is asked for, compared and counted; what was wanted is taken up where it is right.

What is wrong with a datum is never said, nor whether another would do; past the day's number a person takes over.
"""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from chatbot.domain.dialogues.base import Form, Progress, Question, Reply, Resume, Slot, Value
from chatbot.domain.identity import is_locked, prove, read_datum
from chatbot.domain.situations import Answer, Situation
from chatbot.engines.base import NONE
from chatbot.staff_words import for_staff

NAME = "identify"
# The wish, kept with the slots: a wrong datum begins the form anew and must not lose it.
INTENT, WORDS = "_intent", "_words"


def ask_datum(s: Situation) -> Answer:
    """Ask who writes before what they want; a person where too much was wrong today."""
    if is_locked(s):
        return _to_person(s)
    return _begin(s, intent=s.intent, words=s.text)


def _begin(s: Situation, *, intent: str, words: str) -> Answer:
    from chatbot.domain.dialogues.running import start_form  # noqa: PLC0415 -- it runs this form

    asked = start_form(s, NAME, slots={INTENT: intent, WORDS: words}, resume={"intent": intent, "text": words})
    return replace(asked, intent=intent)


def _to_person(s: Situation) -> Answer:
    return Answer(
        _("Por seguridad, hoy ya no puedo ver su cuenta por aquí. Le paso con una persona."),
        hand_over=for_staff("No probó quién es: dijo varios datos que no coinciden."),
        intent=s.intent,
    )


def _question(_progress: Progress) -> Question:
    return Question(
        _("Para hablar de su cuenta, escríbame su número de cliente o los últimos 4 dígitos de su documento.")
    )


def _read(_progress: Progress, _question: Question, reply: Reply) -> Value | None:
    return read_datum(reply.text) or None


def _compare(progress: Progress) -> Answer | Resume:
    s = progress.s
    if prove(s, progress.get("datum")) is not None:
        return Resume()
    if is_locked(s):
        return _to_person(s)
    again = _begin(s, intent=progress.get(INTENT, NONE), words=progress.get(WORDS))
    return replace(again, text="\n".join([_("Ese dato no coincide."), again.text]), intent=NAME)


IDENTIFY = Form(
    name=NAME,
    intent=NAME,
    slots=(Slot("datum", _question, read=_read, free=True),),
    act=_compare,
    personal=False,
)
