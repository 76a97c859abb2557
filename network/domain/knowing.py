"""What equipment may know our services by, and what was found on it, both as `matching` takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from customers.models import Equipment, Service
from network.domain.matching import Candidate, Known, Match, match_candidates
from network.drivers.base import Found, Key
from network.models import Access

# How ids of UISP are written where ids of several systems stand side by side.
SERVICE_REF, SITE_REF = "uisp:", "uisp-site:"


def known_services() -> list[Known]:
    """Return every service that is not cancelled, with all that may tell it; three queries."""
    users, ips, macs, refs = (defaultdict[int, list[str]](list) for _ in range(4))
    accesses = Access.objects.exclude(desired=Access.Desired.GONE).values_list(
        "service_id", "kind", "username", "ip", "mac", "session_address", "session_mac"
    )
    for service_id, kind, username, ip, mac, session_ip, session_mac in accesses:
        if kind == Access.Kind.UISP_SERVICE:
            refs[service_id].append(SERVICE_REF + username)
        elif kind == Access.Kind.UISP_SITE:
            refs[service_id].append(SITE_REF + username)
        else:
            users[service_id].append(username)
        ips[service_id] += [one for one in (ip, session_ip) if one]
        macs[service_id] += [one for one in (mac, session_mac) if one]
    for service_id, mac in Equipment.objects.exclude(mac="").values_list("service_id", "mac"):
        macs[service_id].append(mac)
    services = Service.objects.exclude(status=Service.Status.CANCELLED).values_list(
        "pk", "code", "external_ref", "customer__name", "customer__code"
    )
    return [
        Known(
            service_id=pk,
            customer=name,
            codes=(code, customer_code),
            users=tuple(users[pk]),
            ips=tuple(dict.fromkeys(ips[pk])),
            macs=tuple(dict.fromkeys(macs[pk])),
            external_refs=tuple(ref for ref in (external_ref, *refs[pk]) if ref),
        )
        for pk, code, external_ref, name, customer_code in services
    ]


def candidate_of(found: Found) -> Candidate:
    """Return what was found as `matching` takes it; its key is that of the equipment."""
    kind, name = found.key
    refs: list[str] = []
    if kind == Access.Kind.UISP_SITE:
        refs = [SITE_REF + name, *([SERVICE_REF + found.external] if found.external else [])]
    elif kind == Access.Kind.UISP_SERVICE:
        refs = [SERVICE_REF + name, *([SITE_REF + found.external] if found.external else [])]
    return Candidate(
        key=f"{kind}:{name}",
        name=found.label or name,
        ip=found.ip,
        mac=found.mac,
        comment=found.comment,
        external_ref=refs[0] if refs else "",
        more_refs=tuple(refs[1:]),
    )


def match_noted(detail: Mapping[str, Any]) -> Match:
    """Return which service fits what a difference noted of something on equipment."""
    seen = {name: str(detail.get(name, "")) for name in ("name", "ip", "mac", "comment", "external", "method")}
    found = Found(
        Key(seen["method"], seen["name"]),
        "",
        True,
        label=seen["name"],
        ip=seen["ip"],
        mac=seen["mac"],
        comment=seen["comment"],
        external=seen["external"],
    )
    return match_candidates([candidate_of(found)], known_services())[0]
