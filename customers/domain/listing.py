"""The customers' list: what is asked for in the address, narrowed, sorted, and paged by key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from customers.domain import extras
from customers.domain.standing import Clock, Standing, overall, standing_of
from customers.models import Customer, Hold, Service

PAGE = 50
STATES = ("activo", "cortado", "pausa", "gratis", "cancelado", "sin")
_SORTS = {"nombre": ("name_key", False), "codigo": ("code", False), "nuevos": ("id", True)}


@dataclass(frozen=True)
class Query:
    """What the address asks for; unknown values are dropped, so that an old link still opens."""

    text: str = ""
    zone: int | None = None
    plan: int | None = None
    state: str = ""
    sort: str = "nombre"
    extra: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, params: Mapping[str, str], user: Any) -> Query:
        """Read the parameters of an address. Filters that `user` may not use are dropped."""
        sort, state = params.get("orden", ""), params.get("estado", "")
        chosen = [
            (key, params[key])
            for key, entry in extras.filters.items()
            if user.can(entry.code) and params.get(key) in dict(entry.choices)
        ]
        sums = {key for key, entry in extras.figures.items() if user.can(entry.code)}
        return cls(
            text=params.get("q", "").strip()[:80],
            zone=_number(params.get("zona", "")),
            plan=_number(params.get("plan", "")),
            state=state if state in STATES else "",
            sort=sort if sort in _SORTS or sort in sums else "nombre",
            extra=tuple(chosen),
        )

    @property
    def params(self) -> dict[str, str]:
        """Return what makes this query again, without what is not asked."""
        found = {
            "q": self.text,
            "zona": str(self.zone or ""),
            "plan": str(self.plan or ""),
            "estado": self.state,
            "orden": "" if self.sort == "nombre" else self.sort,
            **dict(self.extra),
        }
        return {key: value for key, value in found.items() if value}

    @property
    def is_narrow(self) -> bool:
        """Say whether anything but the order is asked for."""
        return any(key != "orden" for key in self.params)

    def with_params(self, **changes: str) -> str:
        """Return the query string with some parameters changed; an empty value takes one away."""
        merged = {**self.params, **changes}
        return urlencode({key: value for key, value in merged.items() if value})


@dataclass(frozen=True)
class Row:
    """A customer as the list shows them."""

    customer: Customer
    standing: Standing
    plans: str
    phone: str
    figures: dict[str, list[tuple[Any, str]]]


@dataclass(frozen=True)
class Page:
    """Some rows, and the key to ask for the next with, or "" at the end."""

    rows: list[Row]
    after: str


def select_customers(query: Query, *, user: Any, now: datetime) -> QuerySet[Customer]:
    """Return the customers a query asks for, of those `user` may see."""
    customers = Customer.objects.visible_to(user)
    found: QuerySet[Customer] = customers.matching(query.text) if query.text else customers
    if query.zone:
        found = found.filter(Q(zone_id=query.zone) | _has(zone_id=query.zone))
    if query.plan:
        found = found.filter(_has(plan_id=query.plan))
    if query.state:
        found = found.filter(_in_state(query.state, now))
    for key, value in query.extra:
        found = extras.filters[key].narrow(found, value)
    return found


def read_page(query: Query, *, user: Any, now: datetime, zone: ZoneInfo, after: str = "", size: int = PAGE) -> Page:
    """Return a page of rows with a fixed number of queries. A key that is not one of ours starts anew."""
    found = select_customers(query, user=user, now=now)
    field, falling = _SORTS.get(query.sort) or (query.sort, True)
    if query.sort in extras.figures:
        found = extras.figures[query.sort].annotate(found)
    key = _read_key(after)
    if key is not None:
        found = found.filter(_beyond(field, falling, *key))
    order = (F(field).desc(), "-id") if falling else (F(field).asc(), "id")
    customers = list(_with_what_rows_show(found, now).order_by(*order)[: size + 1])
    more = len(customers) > size
    rows = rows_of(customers[:size], user=user, now=now, zone=zone)
    last = customers[size - 1] if more else None
    return Page(rows, _write_key(getattr(last, field), last.pk) if last else "")


def rows_of(customers: list[Customer], *, user: Any, now: datetime, zone: ZoneInfo) -> list[Row]:
    """Return the rows of customers fetched with their services, holds and contacts."""
    clock = Clock(now, zone)
    ids = [customer.pk for customer in customers]
    sums = {key: entry.amounts(ids) for key, entry in extras.figures.items() if user.can(entry.code)}
    return [
        Row(
            customer=customer,
            standing=overall([standing_of(service, service.open_holds, clock) for service in customer.services.all()]),
            plans=", ".join(dict.fromkeys(service.plan.name for service in customer.services.all())),
            phone=next((contact.value for contact in customer.contacts.all() if contact.kind != "email"), ""),
            figures={key: found.get(customer.pk, []) for key, found in sums.items()},
        )
        for customer in customers
    ]


def _with_what_rows_show(found: QuerySet[Customer], now: datetime) -> QuerySet[Customer]:
    return found.select_related("zone").prefetch_related(services_with_holds(now), "contacts")


def services_with_holds(now: datetime) -> Prefetch[str, QuerySet[Service], str]:
    """Return the prefetch of a customer's services, each with `open_holds` and its plan."""
    holds = Prefetch("holds", queryset=Hold.objects.open(now).order_by("id"), to_attr="open_holds")
    services = Service.objects.select_related("plan", "zone").prefetch_related(holds).order_by("id")
    return Prefetch("services", queryset=services)


def _has(**conditions: Any) -> Exists:
    return Exists(Service.objects.filter(customer=OuterRef("pk"), **conditions))


def _in_state(state: str, now: datetime) -> Q | Exists:
    services = Service.objects.filter(customer=OuterRef("pk"))
    standing = services.exclude(status=Service.Status.CANCELLED)
    held = Hold.objects.open(now).filter(service=OuterRef("pk"))
    match state:
        case "cortado":
            return Exists(standing.filter(Exists(held.exclude(reason=Hold.Reason.PAUSE))))
        case "pausa":
            return Exists(standing.filter(Exists(held.filter(reason=Hold.Reason.PAUSE))))
        case "gratis":
            return Exists(standing.filter(status=Service.Status.FREE))
        case "cancelado":
            return Q(Exists(services)) & ~Q(Exists(standing))
        case "sin":
            return ~Q(Exists(services))
        case _:
            return Exists(standing.filter(~Exists(held)))


def _beyond(field: str, falling: bool, value: Any, pk: int) -> Q:
    step = "lt" if falling else "gt"
    if field == "id":
        return Q(**{f"id__{step}": pk})
    return Q(**{f"{field}__{step}": value}) | Q(**{field: value, f"id__{step}": pk})


def _write_key(value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(value), pk]).encode()).decode().rstrip("=")


def _read_key(text: str) -> tuple[str, int] | None:
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    return (value, pk) if isinstance(value, str) and isinstance(pk, int) else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
