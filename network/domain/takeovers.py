"""Bring clients in from a router: read it, say whose each account is thought to be, and link what a person confirms.

Nothing is written on the router, and nothing here but the proposal until it is confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Service
from events.domain import Actor, record
from network.domain.adoption import NewAccess, adopt_accesses
from network.domain.knowing import candidate_of, known_services
from network.domain.matching import Match, Sureness, match_candidates
from network.domain.planning import target_of
from network.drivers.base import DriverError, Exchange, Found
from network.drivers.registry import DRIVERS
from network.methods import METHODS
from network.models import Access, Router, TakenRow, Takeover

DEADLINE_S = 40.0
State, Outcome = TakenRow.State, TakenRow.Outcome
# What of two accounts of one service lets it through, best first: the others follow from it.
_FIRST = tuple(
    Access.Kind(kind)
    for kind in (
        *("pppoe", "hotspot", "user_manager", "dhcp", "binding", "queue", "pcq", "list", "arp"),
        *("uisp_service", "uisp_site"),
    )
)
_STATES = {
    Sureness.SURE: State.SURE,
    Sureness.LIKELY: State.LIKELY,
    Sureness.DOUBTFUL: State.DOUBTFUL,
    Sureness.NONE: State.NONE,
}


class TakeoverError(Exception):
    """It cannot be done; the text is a sentence for people."""


@dataclass(frozen=True)
class Brought:
    """What came of a confirmation, in numbers."""

    made: int
    taken: int
    gone: int
    left: int


def read_takeover(*, router_id: int, actor: Actor, now: datetime) -> Takeover:
    """Read a router and propose whose each account is; a proposal that waited is replaced.

    Raises TakeoverError when the router cannot be read.
    """
    router = Router.objects.get(pk=router_id)
    address = target_of(router).address
    session = None
    try:
        session = DRIVERS[router.kind].open(address, deadline_s=DEADLINE_S, listener=_forget)
        survey = session.survey(deadline_s=DEADLINE_S, secrets=True)
    except DriverError as error:
        raise TakeoverError(error.message) from None
    finally:
        if session is not None:
            session.close()
    return propose_takeover(router=router, found=survey.found, actor=actor, now=now)


@transaction.atomic
def propose_takeover(*, router: Router, found: Iterable[Found], actor: Actor, now: datetime) -> Takeover:
    """Keep what was found with the service each is thought to belong to, in place of what waited."""
    Takeover.objects.filter(router=router, confirmed_at=None).delete()
    takeover = Takeover.objects.create(router=router, read_at=now, read_by=actor.label)
    TakenRow.objects.bulk_create(_rows(takeover, found), batch_size=1000)
    return takeover


def _rows(takeover: Takeover, found: Iterable[Found]) -> list[TakenRow]:
    by_kind: dict[str, dict[str, Found]] = {}
    for one in found:
        # What the router makes by itself goes as it came, save a lease, which is the client's own.
        if one.key.kind in _FIRST and one.key.name and not (one.is_dynamic and one.key.kind != Access.Kind.DHCP):
            by_kind.setdefault(one.key.kind, {}).setdefault(one.key.name[:120], one)
    linked = {
        (kind, name): service_id
        for kind, name, service_id in Access.objects.filter(router=takeover.router).values_list(
            "kind", "username", "service_id"
        )
    }
    # A service that is linked already, or by a better kind, needs no second link.
    settled = set(linked.values())
    known = known_services()
    rows: list[TakenRow] = []
    for kind in _FIRST:
        accounts = by_kind.get(kind, {})
        matches = match_candidates([candidate_of(one) for one in accounts.values()], known)
        mine = set()
        for (name, one), match in zip(accounts.items(), matches, strict=True):
            row = _row(takeover, one, match, linked.get((kind, name)), settled)
            rows.append(row)
            if row.service_id is not None:
                mine.add(row.service_id)
        settled |= mine
    return rows


def _row(takeover: Takeover, one: Found, match: Match, linked_to: int | None, settled: set[int]) -> TakenRow:
    row = TakenRow(
        takeover=takeover,
        kind=one.key.kind,
        username=one.key.name[:120],
        label=one.label[:120],
        ip=one.ip.partition("/")[0][:45],
        mac=one.mac[:17],
        server=one.server[:60],
        profile=one.profile[:80],
        comment=one.comment[:255],
        is_on=one.enabled,
        is_online=one.is_online,
        state=_STATES[match.sureness],
        reason=match.reason[:200],
        others=[service_id for service_id in (match.service_id, *match.others) if service_id is not None],
    )
    row.seal(password=one.password)
    if linked_to is not None:
        row.state, row.service_id, row.others = State.LINKED, linked_to, []
        row.reason = _("Ya está enlazado.")
    elif match.service_id in settled and row.state != State.DOUBTFUL:
        row.state = State.ALSO
        row.reason = _("Su servicio ya está enlazado por otro medio.")
    elif row.state in {State.SURE, State.LIKELY}:
        row.service_id = match.service_id
    return row


@transaction.atomic
def choose_service(*, row_id: int, service_id: int | None) -> TakenRow:
    """Say whose a row is, or nobody's. Raises TakeoverError when it is too late or there is no such service."""
    row: TakenRow = TakenRow.objects.select_for_update(of=("self",)).select_related("takeover").get(pk=row_id)
    if not row.takeover.is_open or row.state == State.LINKED:
        raise TakeoverError(_("Esto ya se confirmó."))
    if service_id is not None:
        service = Service.objects.exclude(status=Service.Status.CANCELLED).filter(pk=service_id).first()
        if service is None:
            raise TakeoverError(_("Ese servicio no existe o está cancelado."))
    row.service_id = service_id
    row.save(update_fields=["service"])
    return row


def service_of_code(code: str) -> int:
    """Return the service of a code, whatever its case. Raises TakeoverError when there is none."""
    found = Service.objects.filter(code__iexact=code).values_list("pk", flat=True).first()
    if found is None:
        raise TakeoverError(_("No hay un servicio con el código %(code)s.") % {"code": code[:30]})
    return int(found)


@transaction.atomic
def choose_many(*, takeover_id: int, rows: Iterable[int] | None, take: bool) -> int:
    """Take the best match of these rows, or leave them all; None is all that are sure or likely. Return how many."""
    takeover = Takeover.objects.select_for_update().get(pk=takeover_id)
    if not takeover.is_open:
        raise TakeoverError(_("Esto ya se confirmó."))
    found = takeover.rows.exclude(state=State.LINKED)
    found = found.filter(state__in=[State.SURE, State.LIKELY]) if rows is None else found.filter(pk__in=list(rows))
    if not take:
        return found.update(service=None)
    chosen = [row for row in found.only("pk", "others", "state") if row.others and row.state != State.DOUBTFUL]
    alive = set(
        Service.objects.exclude(status=Service.Status.CANCELLED)
        .filter(pk__in={row.others[0] for row in chosen})
        .values_list("pk", flat=True)
    )
    chosen = [row for row in chosen if row.others[0] in alive]
    for row in chosen:
        row.service_id = row.others[0]
    TakenRow.objects.bulk_update(chosen, ["service"], batch_size=1000)
    return len(chosen)


@transaction.atomic
def confirm_takeover(*, takeover_id: int, cut_by: str, actor: Actor, now: datetime) -> Brought:
    """Link the chosen rows with their services, set-based; each row keeps what came of it.

    `cut_by` is asked of the methods that know it; the others keep their own way. Raises TakeoverError when it was
    confirmed before.
    """
    takeover: Takeover = Takeover.objects.select_for_update(of=("self",)).select_related("router").get(pk=takeover_id)
    if not takeover.is_open:
        raise TakeoverError(_("Esto ya se confirmó."))
    rows = list(takeover.rows.exclude(state=State.LINKED).chosen().select_related("service__customer", "service__plan"))
    fitting = [row for row in rows if row.service is not None and row.service.status != Service.Status.CANCELLED]
    made = adopt_accesses(accesses=_new_accesses(takeover, fitting, cut_by), actor=actor, now=now)
    keys = {(access.kind, access.username) for access in made}
    outcomes = {row.pk: Outcome.MADE if (row.kind, row.username) in keys else Outcome.TAKEN for row in fitting}
    outcomes |= {row.pk: Outcome.GONE for row in rows if row.pk not in outcomes}
    _note(takeover, outcomes)
    takeover.cut_by, takeover.confirmed_at, takeover.confirmed_by = cut_by, now, actor.label
    takeover.save(update_fields=["cut_by", "confirmed_at", "confirmed_by"])
    # They have served: what was brought keeps its own, sealed for itself.
    takeover.rows.update(password=b"")
    name = takeover.router.name
    record("router.clients_brought", subject=takeover.router, actor=actor, at=now, name=name, count=len(made))
    return brought(takeover)


def _new_accesses(takeover: Takeover, rows: Iterable[TakenRow], cut_by: str) -> Iterator[NewAccess]:
    for row in rows:
        yield NewAccess(
            cast("Service", row.service),  # only chosen rows come here
            takeover.router_id,
            row.username,
            row.ip or None,
            row.mac,
            row.reveal("password"),
            kind=row.kind,
            cut_by=cut_by if cut_by in METHODS[row.kind].cuts else "",
            server=row.server,
        )


def _note(takeover: Takeover, outcomes: Mapping[int, str]) -> None:
    takeover.rows.exclude(state=State.LINKED).update(outcome=Outcome.LEFT)
    for outcome in Outcome:
        ids = [pk for pk, came in outcomes.items() if came == outcome]
        if ids:
            takeover.rows.filter(pk__in=ids).update(outcome=outcome)


def brought(takeover: Takeover) -> Brought:
    """Count what came of a confirmation."""
    found = Counter(takeover.rows.exclude(outcome="").values_list("outcome", flat=True))
    return Brought(found[Outcome.MADE], found[Outcome.TAKEN], found[Outcome.GONE], found[Outcome.LEFT])


def _forget(_exchange: Exchange) -> None:
    """Its sentences carry passwords of thousands: none is kept."""
