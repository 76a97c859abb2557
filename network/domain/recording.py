"""Write down what a pass saw and did: states, events, the log, and what the customer is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.models import Hold
from events.domain import Actor, Fact, record, record_many
from network.domain.acts import forget_removed
from network.domain.chores import record_errands
from network.domain.desire import LANE
from network.domain.planning import target_of
from network.domain.surveys import record_survey
from network.domain.writing import write_accesses
from network.drivers.base import GONE, Account, DriverError, Key
from network.models import Access, Command, Router
from network.passes import Report, Result
from tenants.live import publish_live
from tenants.wakes import wake

BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 120, 300, 600, 900))
PERMANENT_RETRY = timedelta(minutes=15)
MISSING_RETRY = timedelta(minutes=10)
# After so many tries of a person's order it is a person's to look at; who is to be let through is still tried.
STUCK_ATTEMPTS = 6
# A router is called silent after so many failures in a row; one lost packet is no event.
SILENT_FAILURES = 3
ACTOR = Actor.system("Red")
STUCK = "stuck"

_STATE = ("observed", "observed_at", "session_up", "session_address", "session_since", "session_mac", "seen")
_ROUTER = (
    *("failures", "next_try_at", "last_error", "last_error_at", "last_seen_at"),
    *("identity", "version", "board", "uptime", "latency_ms", "resource", "fingerprint", "strangers"),
)
_RESULT = (
    *_STATE,
    *("applied_generation", "applied_at", "cut_since", "attempts", "next_try_at", "last_error", "urgent"),
    *("stuck_since", "kick_at", "telling"),
)


@transaction.atomic
def record_pass(report: Report, *, now: datetime) -> int:
    """Record a report inside its tenant; return how many accesses it touched.

    A result of a generation that has been replaced meanwhile changes what is observed, not what is applied.
    """
    router = Router.objects.get(pk=report.target.router_id)
    told = _record_results(router, report, now)
    changed = _record_sightings(router, report, now)
    record_survey(report, now=now)
    record_errands(report, now=now)
    _log(router, report)
    _record_events(router, told, now)
    if any(result.item.wanted.state == GONE for result in report.results):
        forget_removed(router.pk)
    # Last, so that whoever renews the lease waits as little as can be.
    _note_router(Router.objects.select_for_update().get(pk=router.pk), report, now)
    if changed or report.results or report.errands or report.survey or report.failure:
        publish_live("network", router=router.pk, services=[access.service_id for access, _ in told][:50])
    return changed + len(report.results)


def _record_results(router: Router, report: Report, now: datetime) -> list[tuple[Access, str]]:
    """Write what came of each item; return the accesses to which something happened, and what."""
    if report.failure is not None and not report.seen:
        return []  # the router failed, none of them: they are tried again with it
    results = {result.item.access_id: result for result in report.results if not result.skipped}
    rows = Access.objects.select_for_update(of=("self",)).filter(router=router, pk__in=results)
    accesses = list(rows.select_related("service").order_by("id"))
    told = []
    for access in accesses:
        _observe(access, report, now)
        was_stuck = access.stuck_since
        what = _settle(access, results[access.pk], now)
        if what:
            access.telling = what
            told.append((access, what))
        if access.stuck_since and not was_stuck:
            told.append((access, STUCK))
    write_accesses(accesses, _RESULT)
    return told


def _record_sightings(router: Router, report: Report, now: datetime) -> int:
    """Write what was seen of the others, where it differs.

    Without locks: only the holder of the router's lease writes these fields, and a payment must not wait for them.
    """
    rows = Access.objects.filter(router=router).exclude(pk__in=[result.item.access_id for result in report.results])
    if not report.complete:
        rows = rows.filter(username__in=[key.name for key in report.seen])
    differing, found = [], []
    for access in rows.only("kind", "username", "generation", "applied_generation", *_STATE):
        was_missing = access.observed == Access.Observed.MISSING
        if _observe(access, report, now):
            differing.append(access)
            if was_missing and access.is_pending:
                found.append(access.pk)
    write_accesses(differing, _STATE)
    if found:
        # A technician has made what was missing: what was waiting for it need wait no longer.
        found = Access.objects.filter(pk__in=found).lock()
        Access.objects.filter(pk__in=found).update(stuck_since=None, attempts=0, next_try_at=None)
        wake(LANE)
    return len(differing)


def _note_router(router: Router, report: Report, now: datetime) -> None:
    if report.failure is not None:
        # What failed with an address that a person has corrected meanwhile says nothing of the new one.
        if target_of(router).address == report.target.address:
            _note_failure(router, report.failure, now)
        return
    if router.failures >= SILENT_FAILURES:
        record("router.back", subject=router, actor=ACTOR, at=now, name=router.name)
    router.failures, router.next_try_at, router.last_error, router.last_seen_at = 0, None, "", now
    if report.identity is not None:
        seen = report.identity
        router.identity, router.version, router.board = seen.identity[:80], seen.version[:40], seen.board[:60]
        router.uptime, router.latency_ms, router.resource = seen.uptime[:30], seen.latency_ms, dict(seen.resource)
        # The first certificate met is the one it is known by from then on.
        router.fingerprint = router.fingerprint or seen.fingerprint
    if report.complete:
        known = {Key(*pair) for pair in Access.objects.filter(router=router).values_list("kind", "username")}
        router.strangers = len(set(report.seen) - known)
    router.save(update_fields=_ROUTER)


def _note_failure(router: Router, failure: DriverError, now: datetime) -> None:
    router.failures += 1
    wait = PERMANENT_RETRY if failure.permanent else BACK_OFF[min(router.failures, len(BACK_OFF)) - 1]
    router.next_try_at, router.last_error_at = now + wait, now
    router.last_error = failure.message[:300]
    if router.failures == SILENT_FAILURES:
        record("router.silent", subject=router, actor=ACTOR, at=now, name=router.name, error=failure.message)
    router.save(update_fields=_ROUTER)


def _observe(access: Access, report: Report, now: datetime) -> bool:
    """Take over what was seen of an access; return whether anything differs from before."""
    key = Key(access.kind, access.username)
    if key not in report.seen and not report.complete:
        return False
    seen_at = report.seen_at or now
    if access.observed_at is not None and access.observed_at > seen_at:
        return False  # something later is known: reports of a long sweep are written after those of a reconnection
    account = report.seen.get(key)
    before = (access.observed, access.session_up, access.session_address, access.session_mac, access.seen)
    if account is None:
        access.observed = Access.Observed.MISSING
        lives: tuple[object, ...] = ()
    else:
        access.observed = Access.Observed.ON if account.enabled else Access.Observed.OFF
        lives = account.lives
        access.seen = _as_seen(account)
    _note_session(access, account, seen_at)
    access.session_up = bool(lives)
    access.observed_at = seen_at
    return before != (access.observed, access.session_up, access.session_address, access.session_mac, access.seen)


def _as_seen(account: Account) -> dict[str, object]:
    """What an account has beyond being on or off, without what it does not have."""
    speed = list(account.speed) if account.speed else None
    seen = {
        "speed": speed,
        "profile": account.profile,
        "ip": account.ip,
        "mac": account.mac,
        "label": account.label[:120],
    }
    return {name: value for name, value in seen.items() if value}


def _note_session(access: Access, account: Account | None, now: datetime) -> None:
    if account is None or not account.lives:
        access.session_address, access.session_since = "", None
        return
    live = account.lives[0]
    if live.seconds < 0:
        # Not told for how long: since it was first seen.
        same = access.session_since is not None and access.session_address == live.address[:45]
        since = access.session_since if same and access.session_since else now
    else:
        since = now - timedelta(seconds=live.seconds)
    # The router tells whole seconds: the same session must not seem to begin anew with each reading.
    if access.session_since is None or abs(access.session_since - since) > timedelta(seconds=5):
        access.session_since = since
    access.session_address, access.session_mac = live.address[:45], live.mac[:17]


def _settle(access: Access, result: Result, now: datetime) -> str:
    """Take over the result of an item; return "cut" or "restored" when that has happened to the customer."""
    if result.item.wanted.state == GONE:
        happened = ""
    elif result.done and not result.item.on:
        happened = "" if access.cut_since else "cut"
        access.cut_since = access.cut_since or now
    elif result.done:
        # Found off and not recorded as such: the cut was made, and then whoever made it was killed.
        found_off = result.was_off and access.applied_generation < result.item.generation
        happened = "restored" if access.cut_since or found_off else ""
        access.cut_since = None
    else:
        happened = ""
    if result.item.generation == access.generation:
        _close_generation(access, result, now)
    return happened if access.tell else ""


def _close_generation(access: Access, result: Result, now: datetime) -> None:
    if result.done:
        access.applied_generation, access.applied_at = result.item.generation, now
        access.attempts, access.next_try_at, access.last_error, access.urgent = 0, None, "", False
        access.stuck_since = access.kick_at = None
        return
    if not result.error and not result.missing and result.account is None:
        return  # the router failed, not this access: it is tried again with the router
    access.attempts += 1
    if result.missing:
        access.last_error = _("El usuario «%(user)s» no existe en el router.") % {"user": access.username}
    else:
        access.last_error = (result.error or _("El router no quedó como se le pidió."))[:300]
    if result.permanent:
        wait = PERMANENT_RETRY
    elif result.missing:
        wait = MISSING_RETRY
    else:
        wait = BACK_OFF[min(access.attempts, len(BACK_OFF)) - 1]
    access.next_try_at = now + wait
    if result.permanent or access.attempts >= STUCK_ATTEMPTS:
        access.stuck_since = access.stuck_since or now


_COMMAND = ("router_id", "access_id", "cause", "at", "sentence", "reply", "ok", "took_ms", "batch")


def _log(router: Router, report: Report) -> None:
    """Keep what changes something or failed; readings every minute would bury it."""
    if not report.exchanges or not (report.results or report.errands or report.failure):
        return
    asked = report.errands[0].errand.cause[:120] if report.errands else ""
    by_key = {result.item.key: result.item for result in report.results}
    table = connection.ops.quote_name(Command._meta.db_table)  # noqa: SLF001 -- Django documents _meta
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(_COMMAND)}) FROM STDIN") as copy:
        for exchange in report.exchanges:
            item = by_key.get(exchange.account) if exchange.account else None
            copy.write_row(
                (
                    router.pk,
                    item.access_id if item else None,
                    item.cause[:120] if item else asked,
                    report.started_at,
                    _kept(exchange.sentence),
                    _kept(exchange.reply),
                    exchange.ok,
                    exchange.took_ms,
                    report.batch,
                )
            )


def _kept(text: str) -> str:
    """What the log keeps of a text; PostgreSQL takes no zero bytes."""
    return text[:300].replace("\0", "")


def _record_events(router: Router, told: Iterable[tuple[Access, str]], now: datetime) -> None:
    told = list(told)
    causes = _causes([access.service_id for access, what in told if what == "cut"], now)
    record_many(
        Fact(
            f"access.{what}",
            access,
            ACTOR,
            access.service.customer_id,
            now,
            {
                "router": router.name,
                "username": access.username,
                "service": access.service.code,
                "took_ms": _took_ms(access, now),
                "requested_by": access.requested_by.get("label", ""),
                **({"causes": causes.get(access.service_id, [])} if what == "cut" else {}),
                **({"error": access.last_error, "desired": access.desired} if what == STUCK else {}),
            },
        )
        for access, what in told
    )


def _took_ms(access: Access, now: datetime) -> int | None:
    if access.requested_at is None:
        return None
    return max(0, round((now - access.requested_at).total_seconds() * 1000))


def _causes(service_ids: Iterable[int], now: datetime) -> dict[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = {}
    for hold in Hold.objects.open(now).filter(service_id__in=list(service_ids)).order_by("id"):
        cause = {"reason": hold.reason, "source": hold.source, "detail": hold.detail, "by": hold.opened_by}
        found.setdefault(hold.service_id, []).append(cause)
    return found


def trim_log(*, now: datetime, keep: timedelta = timedelta(days=60)) -> int:
    """Delete what was said to routers long ago, some thousands at a time; return how many rows went."""
    old = Command.objects.filter(at__lt=now - keep).order_by("id").values("pk")[:5000]
    return Command.objects.filter(pk__in=old).delete()[0]
