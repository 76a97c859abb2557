"""A whole reading of a router becomes differences that wait for a person, with few statements however many they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from events.domain import Actor, record
from network.domain.comparison import NEEDS_IP, OWN_WAY, Difference, Ours, compare
from network.domain.queries import drift
from network.domain.rules import check_rules, describe_lists, keep_rules
from network.drivers.base import Key, Setup, Speed, Survey
from network.models import Access, Drift, Firewall, PlanProfile, Router
from network.passes import Report

ACTOR = Actor.system("Red")
# After a reading that shows more than the last comparison, the router is compared again, this often at most.
AGAIN = timedelta(minutes=3)
_STATES = (Drift.Kind.ENABLED, Drift.Kind.CUT, Drift.Kind.MISSING)


def record_survey(report: Report, *, now: datetime) -> int:
    """Compare what a report read whole with what should be; return how many differences are new."""
    if report.survey is None:
        if report.complete:
            _compare_soon(report.target.router_id, now)
        return 0
    router_id, setup = report.target.router_id, report.target.address.setup
    accesses = read_ours(router_id)
    differences = compare(accesses, report.survey, setup)
    fresh = _write(router_id, differences, now)
    _keep_firewall(router_id, report.survey, accesses, now)
    Router.objects.filter(pk=router_id).update(surveyed_at=now, rules=_rules_state(report.survey, setup))
    if fresh:
        router = Router.objects.get(pk=router_id)
        record("router.drifted", subject=router, actor=ACTOR, at=now, name=router.name, kinds=dict(Counter(fresh)))
    return len(fresh)


def read_ours(router_id: int) -> list[Ours]:
    """Return the accesses of a router as a comparison takes them, in two queries."""
    names = {
        (plan, kind): name
        for plan, kind, name in PlanProfile.objects.filter(router_id=router_id).values_list("plan_id", "kind", "name")
    }
    rows = Access.objects.filter(router_id=router_id).values_list(
        *("id", "kind", "username", "desired", "generation", "applied_generation", "cut_by", "ip", "mac"),
        *("wanted_plan", "profile", "service__plan_id"),
    )
    return [
        Ours(
            pk,
            Key(kind, username),
            desired,
            applied < generation,
            cut_by,
            ip or "",
            mac,
            Speed(*plan["speed"]) if plan.get("speed") else None,
            profile or (names.get((plan_id, kind), "") if plan else ""),
        )
        for pk, kind, username, desired, generation, applied, cut_by, ip, mac, plan, profile, plan_id in rows.iterator()
    ]


_UPSERT = """
INSERT INTO {table} (router_id, kind, key, access_id, ours, theirs, detail, found_at, seen_at,
                     ignored_by, resolved_by, resolution)
SELECT %(router)s, new.kind, new.key, new.access_id, new.ours, new.theirs, new.detail, %(now)s, %(now)s, '', '', ''
FROM jsonb_to_recordset(%(rows)s)
  AS new (kind text, key text, access_id bigint, ours text, theirs text, detail jsonb)
ON CONFLICT (router_id, kind, key) WHERE resolved_at IS NULL DO UPDATE SET
  seen_at = EXCLUDED.seen_at, access_id = EXCLUDED.access_id, detail = EXCLUDED.detail,
  ours = EXCLUDED.ours, theirs = EXCLUDED.theirs,
  ignored_at = CASE WHEN ({table}.ours, {table}.theirs) = (EXCLUDED.ours, EXCLUDED.theirs)
                    THEN {table}.ignored_at END,
  ignored_by = CASE WHEN ({table}.ours, {table}.theirs) = (EXCLUDED.ours, EXCLUDED.theirs)
                    THEN {table}.ignored_by ELSE '' END
RETURNING kind, (xmax = 0) AS is_new
"""


def _write(router_id: int, differences: Sequence[Difference], now: datetime) -> list[str]:
    """Open what is new, renew what is still there, end what is not; return the kinds of what is new.

    What was ignored stays so until either side says something else.
    """
    fresh: list[str] = []
    if differences:
        table = connection.ops.quote_name(Drift._meta.db_table)  # noqa: SLF001 -- Django documents _meta
        rows = json.dumps([_row(one) for one in differences])
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT.format(table=table), {"router": router_id, "now": now, "rows": rows})
            fresh = [kind for kind, is_new in cursor.fetchall() if is_new]
    gone = Drift.objects.filter(router_id=router_id, resolved_at=None, seen_at__lt=now)
    gone.update(resolved_at=now, resolution="")
    return fresh


def _row(one: Difference) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "key": one.key,
        "access_id": one.access_id,
        "ours": one.ours,
        "theirs": one.theirs,
        "detail": dict(one.detail),
    }


def _rules_state(survey: Survey, setup: Setup) -> str:
    """How the rules of the cut list are; empty while nobody on it is cut by list."""
    if not any((way or OWN_WAY.get(kind, "")) in NEEDS_IP for kind, way in setup.kinds):
        return Router.Rules.UNKNOWN
    return check_rules(survey.rules, setup.cut_list).state


def _keep_firewall(router_id: int, survey: Survey, accesses: Iterable[Ours], now: datetime) -> None:
    held = frozenset(access.ip or access.key.name for access in accesses if access.state == "off")
    lists = describe_lists(listed=survey.listed, rules=survey.rules, held=held)
    Firewall.objects.update_or_create(
        router_id=router_id,
        defaults={
            "read_at": now,
            "lists": [vars(one) for one in lists[:100]],
            "rules": keep_rules(survey.rules),
        },
    )


def _compare_soon(router_id: int, now: datetime) -> None:
    """Have a router compared that never was, or whose accesses differ otherwise than the last comparison found."""
    router = Router.objects.only("survey_at", "surveyed_at").get(pk=router_id)
    if router.surveyed_at is not None and router.surveyed_at > now - AGAIN:
        return
    if router.survey_at is not None and router.survey_at <= now:
        return
    if router.surveyed_at is not None:
        settled = Access.objects.filter(drift(), router_id=router_id, applied_generation=F("generation"))
        known = Drift.objects.filter(router_id=router_id, resolved_at=None, kind__in=_STATES)
        if set(settled.values_list("pk", flat=True)) == set(known.values_list("access_id", flat=True)):
            return
    Router.objects.filter(pk=router_id).update(survey_at=now)
