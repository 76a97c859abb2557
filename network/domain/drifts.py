"""What a person does about differences: the router shall agree, the house takes what the router has, or neither.

Every act is on a choice (some, all of a kind, all of a router) and takes a few statements however many they are. What
has been acted on is resolved at once: if it did not help, the next comparison finds it again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from customers.domain.holds import NewHold, close_holds, open_holds
from customers.models import Hold
from events.domain import Actor, Fact, record, record_many
from network.domain.chores import ROWS, ask_chores
from network.domain.desire import LANE, refresh_desired
from network.domain.rules import check_rules, installing, kept_rules, raising
from network.domain.suspension import SOURCE
from network.drivers.base import Deed
from network.models import Access, Drift, Firewall, Router
from tenants.wakes import wake

Kind = Drift.Kind
LISTS = "/ip/firewall/address-list"
# What can be done about each kind: what is not here is only to be looked at, or left.
AGREEABLE = frozenset(Kind.values) - {Kind.NO_IP}
ADOPTABLE = frozenset({Kind.ENABLED, Kind.CUT, Kind.PLAN, Kind.NO_IP, Kind.IP})
# These write on rows that are not ours: a person is told which before.
EXPLICIT = frozenset({Kind.UNKNOWN, Kind.DUPLICATE, Kind.ORPHAN, Kind.RULES_MISSING, Kind.RULES_BELOW})
# Disabling a queue takes the limit off instead of the customer; one of nobody is removed.
_REMOVED = frozenset({"queue"})
_NEEDS_PASSWORD = (Access.Kind.PPPOE, Access.Kind.HOTSPOT, Access.Kind.USER_MANAGER)
_NAMED = 20


@dataclass(frozen=True)
class Choice:
    """Which open differences of a router: those ids, or all (of a kind) when None."""

    router_id: int
    ids: tuple[int, ...] | None = None
    kind: str = ""

    def rows(self) -> QuerySet[Drift]:
        """Return the open ones among them."""
        rows = Drift.objects.open().filter(router_id=self.router_id)
        if self.ids is not None:
            rows = rows.filter(pk__in=self.ids)
        return rows.filter(kind=self.kind) if self.kind else rows


@dataclass(frozen=True)
class Done:
    """How many were acted on, and why others were left as they are."""

    count: int
    left: int = 0
    why: tuple[str, ...] = ()


@transaction.atomic
def agree_drifts(*, choice: Choice, actor: Actor, now: datetime) -> Done:
    """Have the router made as it is here. Customers are not told: for them nothing was decided.

    Rows of nobody are disabled (a queue: removed) and entries of nobody taken off the list, each only while it still
    says what it said when it was compared.
    """
    router = Router.objects.get(pk=choice.router_id)
    drifts = _locked(choice.rows())
    by_kind = _by_kind(drifts)
    asked = [d for kind in (Kind.ENABLED, Kind.CUT, Kind.PLAN) for d in by_kind[kind]]
    asked += _provided(by_kind[Kind.MISSING], by_kind[Kind.IP])
    handled = _ask_again(asked, actor, now)
    deeds, written = _deeds(router, by_kind)
    # Each for itself: that one row changed meanwhile keeps no other from being done.
    ask_chores(router_id=router.pk, deeds=deeds, actor=actor, now=now)
    handled += written + _mend_rules(router, by_kind, actor, now)
    _settle(handled, "agree", actor, now)
    _tell("router.agreed", router, handled, actor, now)
    return _done(drifts, handled, by_kind)


@transaction.atomic
def adopt_drifts(*, choice: Choice, actor: Actor, now: datetime, may_lift_debt: bool, note: str = "") -> Done:
    """Take over here what the router has.

    On there and cut here: the holds a person may lift are lifted, a debt's only with `may_lift_debt`. Cut there and
    paid here: a hold by hand, with the note. Another speed: it is the router's own from now on. Another IP: it is ours.
    """
    router = Router.objects.get(pk=choice.router_id)
    drifts = _locked(choice.rows())
    by_kind = _by_kind(drifts)
    freed, why = _lift(by_kind[Kind.ENABLED], actor, now, may_lift_debt)
    handled = freed + _hold(by_kind[Kind.CUT], actor, now, note or _("Estaba cortado en el router."))
    handled += _unmanage(by_kind[Kind.PLAN], actor, now)
    handled += _take_ip(by_kind[Kind.IP] + by_kind[Kind.NO_IP], actor, now)
    _settle(handled, "adopt", actor, now)
    _tell("router.adopted", router, handled, actor, now)
    wake(LANE)
    return Done(len(handled), len(drifts) - len(handled), tuple(why))


@transaction.atomic
def ignore_drifts(*, choice: Choice, actor: Actor, now: datetime) -> Done:
    """Leave them as they are: quiet until either side says something else."""
    drifts = _locked(choice.rows())
    Drift.objects.filter(pk__in=[d.pk for d in drifts]).update(ignored_at=now, ignored_by=actor.label[:120])
    _tell("router.ignored", Router.objects.get(pk=choice.router_id), drifts, actor, now)
    return Done(len(drifts))


@transaction.atomic
def unignore_drifts(*, router_id: int, ids: Iterable[int], actor: Actor, now: datetime) -> Done:
    """Look after them again."""
    ignored = Drift.objects.filter(router_id=router_id, pk__in=list(ids), resolved_at=None)
    drifts = _locked(ignored.exclude(ignored_at=None))
    Drift.objects.filter(pk__in=[d.pk for d in drifts]).update(ignored_at=None, ignored_by="")
    _tell("router.unignored", Router.objects.get(pk=router_id), drifts, actor, now)
    return Done(len(drifts))


def read_router(*, router_id: int, now: datetime) -> None:
    """Have a router read at once, whatever it failed of before."""
    Router.objects.filter(pk=router_id).update(observe_at=now, next_try_at=None)
    wake(LANE)


def compare_router(*, router_id: int, now: datetime) -> None:
    """Have a router compared whole at once, whatever it failed of before."""
    Router.objects.filter(pk=router_id).update(survey_at=now, next_try_at=None)
    wake(LANE)


def resolve_link(*, drift: Drift, actor: Actor, now: datetime) -> None:
    """Note that a row of nobody has become a service's."""
    _settle([drift], "adopt", actor, now)
    _tell("router.adopted", drift.router, [drift], actor, now)


# The router shall agree


def _provided(missing: Sequence[Drift], addresses: Sequence[Drift]) -> list[Drift]:
    """Return those that can be made or set there: an account needs its password, an address an account of our own."""
    ids = [d.access_id for d in missing if d.access_id is not None]
    makeable = Access.objects.filter(pk__in=ids).exclude(kind__in=_NEEDS_PASSWORD, password=b"", provisions=False)
    made = set(makeable.lock())
    Access.objects.filter(pk__in=made).update(provisions=True)
    ours = set(
        Access.objects.filter(pk__in=[d.access_id for d in addresses if d.access_id], provisions=True).values_list(
            "pk", flat=True
        )
    )
    return [d for d in missing if d.access_id in made] + [d for d in addresses if d.access_id in ours]


def _ask_again(drifts: Sequence[Drift], actor: Actor, now: datetime) -> list[Drift]:
    ids = [d.access_id for d in drifts]
    accesses = Access.objects.filter(pk__in=list(accesses_locked(ids)))
    accesses.update(
        generation=F("generation") + 1,
        requested_at=now,
        requested_by={"kind": actor.kind, "id": actor.id, "label": actor.label},
        tell=False,
        cut_approved=True,
        cut_not_after=None,
        next_try_at=None,
        attempts=0,
        last_error="",
        stuck_since=None,
        dismissed_at=None,
    )
    accesses.filter(desired=Access.Desired.ON).update(urgent=True)
    if ids:
        wake(LANE)
    return list(drifts)


def accesses_locked(ids: Iterable[int | None]) -> list[int]:
    """Lock accesses in the one order everybody locks them; return their ids."""
    rows = Access.objects.select_for_update().filter(pk__in=[one for one in ids if one is not None]).order_by("id")
    return list(rows.values_list("pk", flat=True))


def _deeds(router: Router, by_kind: dict[str, list[Drift]]) -> tuple[list[Deed], list[Drift]]:
    """Return what is to be done on rows that are not ours, and which differences that ends."""
    if router.kind != Router.Kind.MIKROTIK:
        return [], []
    rows: defaultdict[tuple[str, str], list[dict[str, object]]] = defaultdict(list)
    for drift in by_kind[Kind.UNKNOWN]:
        method = drift.detail["method"]
        rows["remove" if method in _REMOVED else "disable", method] += drift.detail["rows"]
    for drift in by_kind[Kind.DUPLICATE]:
        method = drift.detail["method"]
        rows["remove", method] += drift.detail["remove"]
        rows["remove" if method in _REMOVED else "disable", method] += drift.detail["disable"]
    deeds = [
        Deed(verb, {"method": method, "rows": part}) for (verb, method), found in rows.items() for part in _parts(found)
    ]
    entries = [row for drift in by_kind[Kind.ORPHAN] for row in drift.detail["rows"]]
    deeds += [Deed("remove", {"menu": LISTS, "rows": part}) for part in _parts(entries)]
    return deeds, by_kind[Kind.UNKNOWN] + by_kind[Kind.DUPLICATE] + by_kind[Kind.ORPHAN]


def _parts(rows: Sequence[dict[str, object]]) -> Iterable[list[dict[str, object]]]:
    return [list(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]


def _mend_rules(router: Router, by_kind: dict[str, list[Drift]], actor: Actor, now: datetime) -> list[Drift]:
    handled = by_kind[Kind.RULES_MISSING] + by_kind[Kind.RULES_BELOW]
    if not handled or router.kind != Router.Kind.MIKROTIK:
        return []
    firewall = Firewall.objects.filter(router=router).first()
    verdict = check_rules(kept_rules(firewall.rules if firewall else []), router.cut_list)
    deeds = raising(verdict) if by_kind[Kind.RULES_BELOW] else installing(cut_list=router.cut_list)
    ask_chores(router_id=router.pk, deeds=deeds, actor=actor, now=now, batch=uuid4())
    return handled


# The house takes what the router has


def _lift(drifts: Sequence[Drift], actor: Actor, now: datetime, may_lift_debt: bool) -> tuple[list[Drift], list[str]]:
    services = _services(drifts)
    ids = list(services.values())
    close_holds(service_ids=ids, reason=Hold.Reason.STAFF, actor=actor, now=now)
    if may_lift_debt:
        close_holds(service_ids=ids, reason=Hold.Reason.DEBT, actor=actor, now=now)
    refresh_desired(service_ids=ids, now=now, actor=actor)
    on = set(Access.objects.filter(pk__in=services, desired=Access.Desired.ON).values_list("pk", flat=True))
    # The customer never lost the service: there is nothing to tell.
    Access.objects.filter(pk__in=on).update(tell=False)
    why = []
    if len(on) < len(services):
        why.append(
            _("Siguen cortados por otra razón.")
            if may_lift_debt
            else _("Siguen cortados: deben, o hay otra razón, y levantarla no le toca a usted.")
        )
    return [d for d in drifts if d.access_id in on], why


def _hold(drifts: Sequence[Drift], actor: Actor, now: datetime, note: str) -> list[Drift]:
    services = _services(drifts)
    holds = [NewHold(pk, Hold.Reason.STAFF, SOURCE, {"note": note}) for pk in services.values()]
    open_holds(holds=holds, actor=actor, now=now)
    refresh_desired(service_ids=services.values(), now=now, actor=actor, approved=True)
    Access.objects.filter(pk__in=services).update(tell=False)
    return [d for d in drifts if d.access_id in services]


def _unmanage(drifts: Sequence[Drift], actor: Actor, now: datetime) -> list[Drift]:
    ids = accesses_locked(d.access_id for d in drifts)
    Access.objects.filter(pk__in=ids).update(manages_speed=False, wanted_plan={}, profile="")
    _tell_accesses("access.plan_adopted", drifts, actor, now)
    return list(drifts)


def _take_ip(drifts: Sequence[Drift], actor: Actor, now: datetime) -> list[Drift]:
    known = {d.access_id: d.theirs for d in drifts if d.theirs}
    accesses = list(Access.objects.select_for_update().filter(pk__in=known).order_by("id"))
    for access in accesses:
        access.ip = known[access.pk]
    Access.objects.bulk_update(accesses, ["ip"], batch_size=1000)
    taken = [d for d in drifts if d.theirs]
    _tell_accesses("access.ip_adopted", taken, actor, now)
    return taken


# What all of them share


def _locked(rows: QuerySet[Drift]) -> list[Drift]:
    return list(rows.select_for_update().order_by("id"))


def _by_kind(drifts: Iterable[Drift]) -> dict[str, list[Drift]]:
    found: dict[str, list[Drift]] = {kind: [] for kind in Kind.values}
    for drift in drifts:
        found[drift.kind].append(drift)
    return found


def _services(drifts: Iterable[Drift]) -> dict[int, int]:
    """Return the service of each access that is still to be served."""
    ids = accesses_locked(d.access_id for d in drifts)
    living = Access.objects.filter(pk__in=ids).exclude(desired=Access.Desired.GONE)
    return dict(living.values_list("pk", "service_id"))


def _settle(drifts: Iterable[Drift], resolution: str, actor: Actor, now: datetime) -> None:
    Drift.objects.filter(pk__in=[d.pk for d in drifts]).update(
        resolved_at=now, resolution=resolution, resolved_by=actor.label[:120]
    )


def _tell(what: str, router: Router, drifts: Sequence[Drift], actor: Actor, now: datetime) -> None:
    if drifts:
        kinds = dict(Counter(str(d.kind) for d in drifts))
        keys = [d.key for d in drifts[:_NAMED]]
        record(what, subject=router, actor=actor, at=now, name=router.name, count=len(drifts), kinds=kinds, keys=keys)


def _tell_accesses(what: str, drifts: Sequence[Drift], actor: Actor, now: datetime) -> None:
    """On the customers' own timelines, too: it was theirs that changed."""
    found = (
        Access.objects.filter(pk__in=[d.access_id for d in drifts if d.access_id])
        .select_related("service", "router")
        .in_bulk()
    )
    record_many(
        Fact(
            what,
            access,
            actor,
            access.service.customer_id,
            now,
            {"username": access.username, "router": access.router.name, "before": d.ours, "after": d.theirs},
        )
        for d in drifts
        if (access := found.get(d.access_id or 0)) is not None
    )


def _done(drifts: Sequence[Drift], handled: Sequence[Drift], by_kind: dict[str, list[Drift]]) -> Done:
    why = []
    done = {d.pk for d in handled}
    if any(d.pk not in done for d in by_kind[Kind.MISSING]):
        why.append(_("Sin su contraseña no se pueden crear: créelos en el router o corrija el usuario en la ficha."))
    if any(d.pk not in done for d in by_kind[Kind.IP] + by_kind[Kind.NO_IP]):
        why.append(_("La IP de usuarios que no se crearon desde aquí no se cambia en el router."))
    return Done(len(handled), len(drifts) - len(handled), tuple(why))
