"""What needs a person now: one short list over all rooms, each line opening the place where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Decision, Night, SetAside
from billing.models.receipts import Receipt
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
    found: list[Work] = []
    if user.can("network.view"):
        found += _silent(now)
        found += _cuts_waiting(now)
    if user.can("network.operate"):
        found += _stuck()
    if user.can("inbox.reply"):
        found += _conversations(now)
    if user.can("tickets.edit"):
        found += _late_tickets(now)
    if user.can("receipts.review"):
        found += _receipts(now)
    if user.can("dunning.decide"):
        found += _tonight(now)
    if user.can("billing.run"):
        found += _stopped(now)
    if user.can("imports.run"):
        found += _imports()
    return found


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


def _stuck() -> Iterator[Work]:
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


def _imports() -> Iterator[Work]:
    for run in ImportRun.objects.filter(stage=ImportRun.Stage.CHECKED).order_by("-id")[:1]:
        title = _("Una importación espera su visto bueno")
        note = _("Revise lo que cambiaría y empiece")
        yield Work("waiting", "file-up", title, note, link("desk:import", run.pk) or link("desk:imports"))
