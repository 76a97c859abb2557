"""What a plan is on a router, as the drivers are given it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from network.domain.planning import House, target_of
from network.domain.wanting import WISH, Wish, plan_of, wanted_of
from network.models import Access, PlanProfile
from network.tests.conftest import MakeAccess
from tenants.models import Tenant


@pytest.mark.parametrize(
    ("kind", "cut_by", "manages", "given"),
    [
        ("pppoe", "", False, False),
        ("pppoe", "", True, True),
        ("pppoe", "profile", False, True),
        ("dhcp", "speed", False, True),
        ("dhcp", "list", False, False),
        ("queue", "", False, True),
        ("pcq", "", False, True),
    ],
)
def test_a_cut_that_takes_the_speed_knows_what_to_give_back(
    in_norte: Tenant, make_access: MakeAccess, *, kind: str, cut_by: str, manages: bool, given: bool
) -> None:
    access = make_access()
    access.kind, access.cut_by, access.manages_speed = kind, cut_by, manages
    assert bool(plan_of(access)) is given


def test_lists_validity_and_trials_reach_the_driver(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    access.kind = Access.Kind.PCQ
    access.wanted_plan = plan_of(access)
    access.save()
    plan = access.service.plan
    PlanProfile.objects.create(
        router=access.router, plan=plan, kind="pcq", name="plan-50", validity=timedelta(days=3), is_trial=True
    )
    own = make_access("10.9.0.9")
    own.kind, own.profile, own.manages_speed = Access.Kind.PCQ, "vip", True
    own.save()
    house = House.now([access.router_id])
    setup = target_of(access.router, house).address.setup
    assert setup.lists == {"plan-50", "vip"}
    assert setup.speeds
    wishes = {wish.pk: wish for wish in map(Wish._make, Access.objects.values_list(*WISH))}
    wanted = wanted_of(wishes[access.pk], house.profiles)
    assert (wanted.profile, wanted.validity_s, wanted.trial) == ("plan-50", 259200, True)
    assert wanted.speed is not None
    assert wanted_of(wishes[own.pk], house.profiles).profile == "vip"
