"""A form runs: begun, asked, answered, left, given to a person. Inside the turn's transaction, under its lock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.domain.dialogues.base import CONFIRM, NO, YES, Form, Progress, Question, Reply, Slot, Value
from chatbot.domain.dialogues.registry import FORMS
from chatbot.domain.dialogues.replies import LONGEST, is_exact, names_option, read_option, wants_out
from chatbot.domain.dialogues.telling import WORDS, told_slots
from chatbot.domain.file_tools import PICTURES, STICKERS
from chatbot.domain.people_tools import meet_stranger, person_wrote_since
from chatbot.domain.situations import FORM, Answer, Option, Situation
from chatbot.engines.base import NONE
from chatbot.models import RunningForm, Turn
from chatbot.staff_words import for_staff

MOST_MISSES = 2  # answers in a row that cannot be read; then a person
READ = "_read"  # what stands for the words that were read back
CLEAR, BEYOND_DOUBT = 0.8, 0.95  # how sure another wish must be to lead away from an option, and from free words
# These are no wish of their own while something is asked.
IDLE = frozenset({NONE, intents.GREETING, intents.THANKS, intents.ACKNOWLEDGED})

# Only told, without any dialogue of its own: the form waits meanwhile.
ASIDE = frozenset({
    intents.BALANCE, intents.DUE_DATE, intents.INVOICE_COPY, intents.HOW_TO_PAY, intents.MY_PLAN, intents.PLANS_PRICES,
    intents.HOURS_ADDRESS,
})  # fmt: skip

Elsewhere = Callable[[Situation], Answer]


def start_form(
    s: Situation, name: str, *, slots: dict[str, Any] | None = None, resume: dict[str, str] | None = None
) -> Answer:
    """Begin a form, in place of one that runs: ask its first slot that `slots` does not fill, or act at once.

    `resume` is {"intent", "text"}: what to take up when its act returns Resume. Raises KeyError for an unknown form.
    """
    form = FORMS[name]
    drop_form(s)
    if form.personal and s.customer is None:
        return meet_stranger(s)
    if form.begin is not None and (at_once := form.begin(s)) is not None:
        return at_once
    running = RunningForm(
        conversation=s.conversation,
        customer=s.customer,
        form=name,
        slots={WORDS: s.text[:LONGEST], **(form.hear(s) if form.hear else {}), **(slots or {})},
        resume=resume or {},
        began_at=s.now,
        asked_at=s.now,
    )
    answer = _go_on(s, form, running, None)
    words = form.opening(Progress(s, running.slots)) if form.opening and answer.waiting_for else ""
    return replace(answer, text=f"{words}\n{answer.text}") if words else answer


def opener(name: str) -> Elsewhere:
    """Return what begins a form when its intent is met; its name says which."""

    def begin(s: Situation) -> Answer:
        return start_form(s, name)

    begin.__name__ = f"{FORM}:{name}"
    return begin


def continue_form(s: Situation, elsewhere: Elsewhere) -> Answer | None:
    """Take a message as the answer to the running form; None when none runs, or it is a file.

    `elsewhere` answers what has nothing to do with it.
    """
    running = running_form(s)
    if running is None:
        return _stale() if s.picked.startswith(f"{FORM}:") else None
    form = FORMS.get(running.form)
    if _is_for_others(s, form):
        return None
    if form is None or _is_over(s, form, running):
        drop_form(s)
        return _stale() if s.intent in IDLE or s.picked else None
    answer = _take_answer(s, form, running, elsewhere)
    return answer if answer.tool else replace(answer, tool=f"{FORM}:{form.name}")


def _is_for_others(s: Situation, form: Form | None) -> bool:
    """Say whether the files that came are no part of the form: a proof of payment, a voice note, what is lost."""
    kinds = {file.content_type for file in s.files} - STICKERS
    return bool(kinds) and not (form is not None and form.photos and kinds <= PICTURES)


def _take_answer(s: Situation, form: Form, running: RunningForm, elsewhere: Elsewhere) -> Answer:
    slot = _slot(form, running.waiting_for)
    question = slot.ask(Progress(s, running.slots))
    if wants_out(s.text) and not s.picked and not names_option(s.text, question.options):
        drop_form(s)
        return Answer(_("De acuerdo, lo dejamos así: no hice ningún cambio. ¿Necesita algo más?"), intent=form.intent)
    value = _read(s, running, slot, question)
    if _leads_away(s, form, slot, question, understood=value is not None):
        return _leave(s, form, running, slot, elsewhere)
    if value is None and s.files and not s.text:
        return _ask(s, form, running, slot, _("Gracias por la foto."))
    if value is None:
        return _not_read(s, form, running, slot)
    running.slots, running.misses = {**running.slots, slot.name: value}, 0
    if slot.keep is not None:
        slot.keep(Progress(s, running.slots), value)
    return _go_on(s, form, running, elsewhere)


def running_form(s: Situation) -> RunningForm | None:
    """Return the form this conversation is filling in, if any."""
    if not s.is_in_form:
        return None
    return RunningForm.objects.select_for_update(of=("self",)).filter(conversation_id=s.conversation.pk).first()


def drop_form(s: Situation) -> None:
    """End the running form, whatever it has."""
    RunningForm.objects.filter(conversation_id=s.conversation.pk).delete()


def still_waiting(s: Situation, said: Answer) -> Answer:
    """Go on waiting for a form's answer after a message that neither answered nor ended it."""
    if said.waiting_for or said.hand_over or running_form(s) is None:
        return said
    return replace(said, waiting_for=s.waiting_for)


def _slot(form: Form, name: str) -> Slot:
    return next((slot for slot in form.slots if slot.name == name), _confirmation(form))


def _confirmation(form: Form) -> Slot:
    def ask(progress: Progress) -> Question:
        words = form.read_back(progress) if form.read_back else ""
        return Question(words, (Option(YES, _("Sí")), Option(NO, _("No"))))

    return Slot(CONFIRM, ask)


def _go_on(s: Situation, form: Form, running: RunningForm, elsewhere: Elsewhere | None) -> Answer:
    """Ask the next slot, read it all back, or act."""
    progress = Progress(s, running.slots)
    for slot in form.slots:
        if slot.name not in running.slots and not (slot.skip is not None and slot.skip(progress)):
            return _ask(s, form, running, slot)
    if form.read_back is not None:
        if running.slots.get(CONFIRM) == NO:
            drop_form(s)
            return Answer(_("De acuerdo, no hice ningún cambio. ¿Necesita algo más?"), intent=form.intent)
        # A yes is to the words that were read back; where they would be others by now, they are read again.
        if running.slots.get(CONFIRM) != YES or running.slots.get(READ) != _mark(form.read_back(progress)):
            running.slots = {name: value for name, value in running.slots.items() if name != CONFIRM}
            return _ask(s, form, running, _confirmation(form))
    drop_form(s)
    done = form.act(progress)
    if isinstance(done, Answer):
        return done if done.intent else replace(done, intent=form.intent)
    return _take_up(s, running, elsewhere)


def _take_up(s: Situation, running: RunningForm, elsewhere: Elsewhere | None) -> Answer:
    from chatbot.domain.answers import answer_to  # noqa: PLC0415 -- it begins forms itself

    asked = {"intent": running.resume.get("intent", NONE), "text": running.resume.get("text", "")}
    answer = (elsewhere or answer_to)(
        replace(s, **asked, confidence=1.0, waiting_for="", picked="", place=None, said="")
    )
    return answer if answer.intent else replace(answer, intent=asked["intent"])


def _ask(s: Situation, form: Form, running: RunningForm, slot: Slot, first: str = "") -> Answer:
    question = slot.ask(Progress(s, running.slots))
    if slot.name == CONFIRM:
        running.slots = {**running.slots, READ: _mark(question.text)}
    running.waiting_for, running.asked_at = slot.name, s.now
    running.save()
    return Answer(
        "\n".join(part for part in (first, question.text) if part),
        waiting_for=f"{FORM}:{form.name}",
        intent=form.intent,
        options=tuple(replace(o, key=f"{_prefix(running, slot)}{o.key}") for o in question.options),
        button=question.button,
        whole=slot.name == CONFIRM,
    )


def _prefix(running: RunningForm, slot: Slot) -> str:
    return f"{FORM}:{running.pk}:{slot.name}:"


def _mark(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _read(s: Situation, running: RunningForm, slot: Slot, question: Question) -> Value | None:
    if s.picked.startswith(f"{FORM}:"):
        key = s.picked.removeprefix(_prefix(running, slot))
        return key if key in {option.key for option in question.options} else None
    return (slot.read or read_option)(Progress(s, running.slots), question, Reply(s.text, s.place))


def _leads_away(s: Situation, form: Form, slot: Slot, question: Question, *, understood: bool) -> bool:
    """Say whether the customer clearly wants something else now."""
    if s.picked or s.place or s.intent in IDLE or s.intent in {form.intent, *slot.near}:
        return False
    if understood and not slot.free and is_exact(s.text, question.options):
        return False
    return s.confidence >= (BEYOND_DOUBT if understood else CLEAR)


def _leave(s: Situation, form: Form, running: RunningForm, slot: Slot, elsewhere: Elsewhere) -> Answer:
    """Answer something else: what is only told is told in between and the form goes on; else it is left, and said."""
    aside = s.intent in ASIDE and not s.files
    if not aside:
        drop_form(s)
    answer = elsewhere(replace(s, waiting_for=""))
    if aside and answer.text and not (answer.waiting_for or answer.hand_over):
        asked = _ask(s, form, running, slot, answer.text)
        return replace(asked, intent=s.intent, tool=answer.tool, source=answer.source, files=answer.files, whole=True)
    if aside and not answer.waiting_for:
        drop_form(s)
    if answer.hand_over:
        note = "\n".join(part for part in (answer.note, told_slots(form, running.slots)) if part)
        return replace(answer, note=note)
    if not answer.text or answer.waiting_for:
        return answer
    return replace(answer, text=f"{answer.text}\n{_('Lo anterior quedó sin terminar.')}")


def _not_read(s: Situation, form: Form, running: RunningForm, slot: Slot) -> Answer:
    running.misses += 1
    if running.misses < MOST_MISSES:
        return _ask(s, form, running, slot, _("No le entendí."))
    drop_form(s)
    return Answer(
        _("No le entendí bien. Le paso con una persona, con lo que ya me dijo."),
        hand_over=for_staff("El asistente no entendió lo que contestó."),
        note="\n".join([told_slots(form, running.slots), s.text]).strip(),
        why=Turn.Why.UNSURE,
        intent=form.intent,
    )


def _is_over(s: Situation, form: Form, running: RunningForm) -> bool:
    """Say whether it is too old, about somebody else by now, or a person has spoken since."""
    if s.now - running.asked_at > form.lasts or running.customer_id != (s.customer.pk if s.customer else None):
        return True
    return person_wrote_since(s, running.asked_at)


def _stale() -> Answer:
    """Somebody answers what is no longer asked: nothing is done."""
    return Answer(_("Esa pregunta ya quedó atrás y no hice ningún cambio. ¿En qué le ayudo?"))
