"""How a router cuts by list: keep the list that cuts already, put rules in place, or move to another list."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from events.domain import Actor, record
from network.domain.chores import ask_chores
from network.domain.rules import MISSING, check_rules, installing, kept_rules, migrating
from network.models import Chore, Firewall, Router

# What RouterOS takes as a name without quoting, so that no name can mean anything else in a script.
NAME = re.compile(r"[\w.-]{1,60}")


class CuttingRefused(Exception):
    """It cannot be done so; the message is for people, nothing was written."""


@transaction.atomic
def adopt_list(*, router_id: int, name: str, actor: Actor, now: datetime) -> Router:
    """Have cuts go to a list that the router obeys already. Nothing is written there. Raises CuttingRefused."""
    router, firewall = _read(router_id)
    if check_rules(kept_rules(firewall.rules), name).state == MISSING:
        raise CuttingRefused(_("Ninguna regla habilitada corta a quien está en «%(list)s».") % {"list": name})
    before, router.cut_list = router.cut_list, name
    router.survey_at = router.observe_at = now
    router.save(update_fields=["cut_list", "survey_at", "observe_at"])
    if before != name:
        record("router.cut_list", subject=router, actor=actor, at=now, name=router.name, before=before, cut_list=name)
    return router


@transaction.atomic
def install_rules(*, router_id: int, actor: Actor, now: datetime, page: str = "") -> list[Chore]:
    """Have our rules put in their place on the router; those that are there are left. Raises CuttingRefused."""
    router, _firewall = _read(router_id)
    _check_idle(router)
    record("router.rules_asked", subject=router, actor=actor, at=now, name=router.name, cut_list=router.cut_list)
    deeds = installing(cut_list=router.cut_list, page=page)
    return ask_chores(router_id=router_id, deeds=deeds, actor=actor, now=now, batch=uuid4())


@transaction.atomic
def migrate_list(*, router_id: int, source: str, target: str, actor: Actor, now: datetime) -> list[Chore]:
    """Have the cuts of one list made by another, so that nobody who is cut gets through. Raises CuttingRefused."""
    router, firewall = _read(router_id)
    _check_idle(router)
    if source == target:
        raise CuttingRefused(_("Los cortes ya van a «%(list)s».") % {"list": target})
    if not NAME.fullmatch(target):
        raise CuttingRefused(_("El nombre de la lista lleva solo letras, números, punto y guion."))
    rules = kept_rules(firewall.rules)
    if check_rules(rules, source).state == MISSING:
        raise CuttingRefused(_("Ninguna regla habilitada corta a quien está en «%(list)s».") % {"list": source})
    record(
        "router.migration_asked",
        subject=router,
        actor=actor,
        at=now,
        name=router.name,
        before=source,
        cut_list=target,
    )
    deeds = migrating(rules=rules, source=source, target=target)
    return ask_chores(router_id=router_id, deeds=deeds, actor=actor, now=now, batch=uuid4())


def _read(router_id: int) -> tuple[Router, Firewall]:
    router = Router.objects.select_for_update().get(pk=router_id)
    firewall = Firewall.objects.filter(router=router).first()
    if router.kind != Router.Kind.MIKROTIK:
        raise CuttingRefused(_("Este equipo no corta con listas."))
    if firewall is None:
        raise CuttingRefused(_("El router todavía no se ha leído completo: compárelo primero."))
    return router, firewall


def _check_idle(router: Router) -> None:
    if Chore.objects.waiting().filter(router=router).exists():
        raise CuttingRefused(_("El router todavía está haciendo lo último que se le pidió."))
