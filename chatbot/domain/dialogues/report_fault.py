"""«No tengo internet»: what we see first, then what, since when, restarted?, and the ticket with all of it."""

from __future__ import annotations

import re

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.account_tools import connection_note, services_of, suspended_answer
from chatbot.domain.dialogues.base import NO, YES, Form, Progress, Question, Reply, Slot, Value
from chatbot.domain.dialogues.filing import already_filed, file_ticket, find_open_ticket
from chatbot.domain.dialogues.replies import option_in, read_named_or_words
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.situations import Answer, Option, Situation
from customers.text import fold
from inbox.models import Priority, Ticket
from network.domain.outages import outage_of_services
from network.domain.queries import states_for_services
from tenants.current import tenant_zone

SUBJECT = "Sin servicio o con fallas"  # the staff's
NONE_AT_ALL, SLOW, DROPS, OTHER = "none", "slow", "drops", "other"
WHATS = {NONE_AT_ALL: "Sin internet", SLOW: "Lento", DROPS: "Se corta a ratos", OTHER: "Otra cosa"}
HEARD = (
    (SLOW, re.compile(r"\b(lent\w*|despacio|slow\w*|devagar|tard\w+ (?:mucho|en cargar))\b")),
    (DROPS, re.compile(r"\b(se corta|se va y viene|va y viene|intermiten\w*|a ratos|cai toda|fica caindo|drop\w*)\b")),
    (NONE_AT_ALL, re.compile(r"\b(sin (?:internet|servicio|senal)|no (?:tengo|hay|jala|funciona|sirve)|"
                             r"sem (?:internet|sinal)|no internet|is down|not working|nao (?:tenho|funciona))\b")),
)  # fmt: skip
# Words about the very thing that was asked.
NEAR = frozenset({intents.SERVICE_STATE, intents.WIFI_PASSWORD, intents.ACKNOWLEDGED})
YES_NO = {YES: "Sí", NO: "No"}


def seen_state(s: Situation) -> Answer | None:
    """Return what our own side says of it: it is off, an outage is known. None where nothing explains it."""
    if (off := suspended_answer(s)) is not None:
        return off
    known = outage_of_services([service.pk for service in services_of(s)], now=s.now)
    if known is None:
        return None
    lines = [known.text or _("Hay una falla general en su zona y ya la estamos reparando.")]
    if known.expected_until and known.expected_until > s.now:
        until = known.expected_until.astimezone(tenant_zone())
        lines.append(_("Calculamos que quede a más tardar el %(until)s.") % {"until": date_format(until, "j/n H:i")})
    lines.append(_("No hace falta que haga nada; disculpe la molestia."))
    return Answer("\n".join(lines), intent=s.intent)


def _begin(s: Situation) -> Answer | None:
    if (seen := seen_state(s)) is not None:
        return seen
    ticket = find_open_ticket(s, Ticket.Category.FAULT)
    return already_filed(ticket) if ticket else None


def _opening(progress: Progress) -> str:
    service = service_of(progress)
    accesses = states_for_services([service.pk]).get(service.pk, []) if service else []
    if not accesses:
        return _("Siento la falla; la reviso con usted.")
    if any(access.session_up for access in accesses):
        return _("Siento la falla. Desde aquí veo su equipo conectado; la reviso con usted.")
    return _("Siento la falla. Desde aquí veo su equipo sin conexión; la reviso con usted.")


def _hear(s: Situation) -> dict[str, Value]:
    said = fold(s.text)
    found = [what for what, pattern in HEARD if pattern.search(said)]
    return {"what": found[0]} if s.intent == intents.REPORT_FAULT and len(found) == 1 else {}


def _ask_what(_progress: Progress) -> Question:
    options = (
        Option(NONE_AT_ALL, _("No tengo internet")),
        Option(SLOW, _("Está lento")),
        Option(DROPS, _("Se corta a ratos")),
        Option(OTHER, _("Otra cosa")),
    )
    return Question(_("¿Qué le pasa?"), options, _("Elegir"))


def _read_what(progress: Progress, question: Question, reply: Reply) -> Value | None:
    said = fold(reply.text)
    heard = next((what for what, pattern in HEARD if pattern.search(said)), None)
    return heard or read_named_or_words(progress, question, reply)


def _ask_since(_progress: Progress) -> Question:
    options = (
        Option("now", _("Hace un rato")),
        Option("today", _("Desde hoy")),
        Option("yesterday", _("Desde ayer")),
        Option("days", _("Hace varios días")),
    )
    return Question(_("¿Desde cuándo?"), options, _("Elegir"))


SINCES = {"now": "Hace un rato", "today": "Desde hoy", "yesterday": "Desde ayer", "days": "Hace varios días"}


def _ask_restarted(_progress: Progress) -> Question:
    return Question(_("¿Ya apagó y encendió su módem?"), (Option(YES, _("Sí")), Option(NO, _("No"))))


def _ask_works(_progress: Progress) -> Question:
    words = _("Desconéctelo de la corriente 30 segundos, vuelva a conectarlo y espere dos minutos. ¿Ya funciona?")
    return Question(words, (Option(YES, _("Sí, ya funciona")), Option(NO, _("No, sigue igual"))))


def _read_works(_progress: Progress, question: Question, reply: Reply) -> Value | None:
    said = fold(reply.text)
    if re.search(r"\b(no|nada|sigue|igual|todavia|aun|nao|ainda|still|same)\b", said):
        return NO
    if re.search(r"\b(si|ya|listo|funciona|jalo|quedo|sim|voltou|yes|works?|fixed)\b", said):
        return YES
    return option_in(reply.text, question.options)


def _finish(progress: Progress) -> Answer:
    if progress.get("works") == YES:
        return Answer(_("Qué bueno. Si vuelve a fallar, escríbame."))
    service = service_of(progress)
    return file_ticket(
        progress,
        _("Listo, abrí el reporte %(number)s con lo que me dijo. Un técnico lo revisa y le escriben por aquí."),
        subject=SUBJECT,
        details="\n".join([told_slots(REPORT_FAULT, progress.slots), connection_note(progress.s)]),
        category=Ticket.Category.FAULT,
        service=service,
        priority=Priority.HIGH,
    )


def _yes_no(value: object) -> str:
    return YES_NO.get(str(value), str(value))


REPORT_FAULT = Form(
    name="report_fault",
    intent=intents.REPORT_FAULT,
    begin=_begin,
    opening=_opening,
    hear=_hear,
    photos=True,
    slots=(
        SERVICE,
        Slot("what", _ask_what, gettext_noop("Qué pasa"), _read_what, free=True, near=NEAR,
             shown=lambda value: WHATS.get(str(value), str(value))),
        Slot("since", _ask_since, gettext_noop("Desde cuándo"), read_named_or_words, free=True, near=NEAR,
             shown=lambda value: SINCES.get(str(value), str(value))),
        Slot("restarted", _ask_restarted, gettext_noop("Reinició el módem"), near=NEAR, shown=_yes_no),
        Slot("works", _ask_works, gettext_noop("Funcionó después"), _read_works, near=NEAR, shown=_yes_no,
             skip=lambda progress: progress.get("restarted") == YES),
    ),
    act=_finish,
)  # fmt: skip
