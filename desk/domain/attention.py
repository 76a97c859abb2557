"""What needs a person now: one short list over all rooms, each line opening the place where it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Decision, Night, SetAside
from billing.models.receipts import Receipt
from chatbot.domain.knowledge_questions import list_questions
from chatbot.domain.spending import current_budget, month_of, spent_in
from customers.models import Customer
from desk.models import ImportRun
from desk.navigation import link
from inbox.models import Channel, Conversation, Ticket
from inbox.models.conversations import QUEUES
from network.domain.queries import silent_routers, stuck_count
from network.models import Router
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.formats import format_ago

LATELY = timedelta(days=7)
PATIENCE = timedelta(minutes=15)  # how long a customer may wait for a person before it shows here


@dataclass(frozen=True)
class Work:
    """One line of the list. `kind` is a status of the surface: cut, overdue, due, waiting, active."""

    kind: str
    icon: str
    title: str
    note: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Step:
    """One thing a new provider does first."""

    icon: str
    title: str
    note: str
    url: str
    done: bool


def attention_for(user: Any, *, now: datetime) -> list[Work]:
    """Return what waits for a person who may do what `user` may, the most pressing first."""
    return [work for code, find in _FINDERS if user.can(code) for work in find(now)]


def first_steps(user: Any) -> list[Step]:
    """Return what a new provider does first, done or not; nothing once all of it is done."""
    if not user.can("settings.edit"):
        return []
    brand = getattr(current_tenant(), "brand", None)
    steps = [
        Step(
            "palette",
            _("Ponga su marca"),
            _("Nombre, colores y logo: desde ahí todo se ve suyo"),
            link("desk:brand"),
            bool(brand and brand.version > 1),
        ),
        Step(
            "file-up",
            _("Traiga a sus clientes"),
            _("De WispHub o MikroWISP; antes de guardar verá qué cambiaría"),
            link("desk:imports"),
            Customer.objects.exists(),
        ),
        Step(
            "router",
            _("Conecte un router"),
            _("MikroTik por su API; se prueba la conexión antes de guardar"),
            link("network:routers"),
            Router.objects.exists(),
        ),
        Step(
            "message-circle",
            _("Conecte su WhatsApp"),
            _("Para recordar, avisar del corte y recibir comprobantes"),
            link("inbox:channels") or link("inbox:home"),
            Channel.objects.exists(),
        ),
    ]
    return [] if all(step.done for step in steps[1:]) else steps


def _ago(at: datetime, now: datetime) -> str:
    return format_ago(at, now=now, zone=tenant_zone())


def _silent(now: datetime) -> Iterator[Work]:
    for router in silent_routers(now)[:3]:
        note = _("Nunca ha respondido; revise dirección y usuario")
        if router.last_seen_at:
            since = _ago(router.last_seen_at, now)
            note = _("La última respuesta fue %(since)s; mientras tanto ahí no se corta a nadie") % {"since": since}
        title = _("%(router)s no responde") % {"router": router.name}
        yield Work("cut", "router", title, note, link("network:router", router.pk))


def _cuts_waiting(now: datetime) -> Iterator[Work]:
    for router in Router.objects.filter(is_enabled=True).exclude(cuts_waiting_since=None)[:3]:
        title = _("%(router)s tiene más cortes de los permitidos") % {"router": router.name}
        note = _("Esperan a que una persona los apruebe desde %(since)s") % {
            "since": _ago(router.cuts_waiting_since, now)
        }
        yield Work("overdue", "shield-alert", title, note, link("network:router", router.pk))


def _stuck(_now: datetime) -> Iterator[Work]:
    count = stuck_count()
    if count:
        title = ngettext("Orden que ningún intento logró", "Órdenes que ningún intento logró", count)
        note = _("Cortes y reconexiones que esperan a que alguien vea qué pasa en el router")
        yield Work("overdue", "octagon-alert", title, note, link("network:stuck"), count)


def _conversations(now: datetime) -> Iterator[Work]:
    waiting = Conversation.objects.filter(QUEUES["waiting"](None), waiting_since__lt=now - PATIENCE)
    found = waiting.aggregate(n=Count("pk"), oldest=Min("waiting_since"))
    if found["n"]:
        title = ngettext("Conversación sin respuesta", "Conversaciones sin respuesta", found["n"])
        note = _("Esperan más de 15 min; la primera, desde %(since)s") % {"since": _ago(found["oldest"], now)}
        yield Work("due", "message-circle", title, note, link("inbox:home"), found["n"])


def _late_tickets(now: datetime) -> Iterator[Work]:
    found = Ticket.objects.exclude(state=Ticket.State.CLOSED).filter(due_at__lt=now)
    late = found.aggregate(n=Count("pk"), oldest=Min("due_at"))
    if late["n"]:
        title = ngettext("Ticket vencido", "Tickets vencidos", late["n"])
        note = _("El plazo del primero pasó %(since)s") % {"since": _ago(late["oldest"], now)}
        yield Work("overdue", "ticket", title, note, f"{link('inbox:tickets')}?state=late", late["n"])


def _receipts(now: datetime) -> Iterator[Work]:
    found = Receipt.objects.filter(status=Receipt.Status.WAITING).aggregate(n=Count("pk"), oldest=Min("created_at"))
    if found["n"]:
        title = ngettext("Comprobante por revisar", "Comprobantes por revisar", found["n"])
        note = _("El primero llegó %(since)s") % {"since": _ago(found["oldest"], now)}
        yield Work("waiting", "image", title, note, link("billing:receipts"), found["n"])


def _tonight(now: datetime) -> Iterator[Work]:
    night = Night.objects.filter(day=tenant_today(now), done_at=None).first()
    cuts = 0
    if night:
        cuts = night.decisions.filter(action=Decision.Action.CUT, taken_out_at=None, done_at=None).count()
    if night is None or not cuts:
        return
    at = f"{night.cut_at.astimezone(tenant_zone()):%H:%M}"
    undecided = night.needs_approval and night.approved_at is None
    if night.status == Night.Status.HELD:
        note = _("Los detuvo %(who)s; no se corta a nadie hasta soltarlos") % {"who": night.held_by}
    elif undecided:
        note = _("Son más de los que se cortan sin preguntar: esperan su decisión")
    else:
        note = _("A las %(at)s; hasta entonces puede sacar a quien quiera") % {"at": at}
    title = ngettext("Corte de esta noche", "Cortes de esta noche", cuts)
    yield Work("overdue" if undecided else "due", "moon-star", title, note, link("billing:tonight"), cuts)


def _stopped(now: datetime) -> Iterator[Work]:
    grave = [SetAside.Reason.TOO_MANY, SetAside.Reason.FAILED]
    found = SetAside.objects.filter(run__created_at__gte=now - LATELY, reason__in=grave).order_by("-run_id")
    last = found.first()
    if last:
        count = found.filter(run=last.run_id).count()
        title = ngettext("Servicio que no se pudo facturar", "Servicios que no se pudieron facturar", count)
        note = _("La facturación los apartó para que una persona los revise")
        yield Work("overdue", "octagon-alert", title, note, link("billing:run", last.run_id), count)


def _model_budget(now: datetime) -> Iterator[Work]:
    budget = current_budget()
    if budget.monthly is None:
        return
    spent = spent_in(month_of(now))
    facts = {"spent": f"{spent:.2f}", "limit": f"{budget.monthly:.2f}"}
    if spent >= budget.monthly:
        title = _("El modelo del asistente se detuvo: se acabó su presupuesto")
        note = _("Este mes gastó %(spent)s de %(limit)s USD; contestan las reglas hasta que suba el límite o empiece"
                 " el mes") % facts  # fmt: skip
        yield Work("overdue", "octagon-alert", title, note, link("chatbot:costs"))
    elif spent * 100 >= budget.monthly * budget.warn_at:
        part = {"part": int(100 * spent / budget.monthly)}
        title = _("El modelo del asistente lleva %(part)s %% de su presupuesto") % part
        note = _("Este mes gastó %(spent)s de %(limit)s USD; al llegar al límite contestan las reglas") % facts
        yield Work("due", "wallet", title, note, link("chatbot:costs"))


def _unanswered(_now: datetime) -> Iterator[Work]:
    questions = list_questions()
    most = questions.first()
    if most:
        count = questions.count()
        title = ngettext("Pregunta que el asistente no supo contestar", "Preguntas que el asistente no supo contestar",
                         count)  # fmt: skip
        note = ngettext(
            "La más repetida: «%(text)s», %(times)s vez", "La más repetida: «%(text)s», %(times)s veces", most.times
        )
        said = {"text": Truncator(most.text).chars(80), "times": most.times}
        url = link("chatbot:questions")
        yield Work("waiting", "message-circle-question-mark", title, note % said, url, count)


def _imports(_now: datetime) -> Iterator[Work]:
    for run in ImportRun.objects.filter(stage=ImportRun.Stage.CHECKED).order_by("-id")[:1]:
        title = _("Una importación espera su visto bueno")
        note = _("Revise lo que cambiaría y empiece")
        yield Work("waiting", "file-up", title, note, link("desk:import", run.pk) or link("desk:imports"))


# The most pressing first; each for whoever may do something about it.
_FINDERS: tuple[tuple[str, Callable[[datetime], Iterator[Work]]], ...] = (
    ("network.view", _silent),
    ("network.view", _cuts_waiting),
    ("network.operate", _stuck),
    ("inbox.reply", _conversations),
    ("tickets.edit", _late_tickets),
    ("receipts.review", _receipts),
    ("dunning.decide", _tonight),
    ("billing.run", _stopped),
    ("bot.edit", _model_budget),
    ("imports.run", _imports),
    ("bot.edit", _unanswered),
)
