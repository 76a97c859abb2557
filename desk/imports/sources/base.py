"""What every source of subscribers gives the import: typed rows, and the problems found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise


class Level(StrEnum):
    """How much a problem takes away: the whole row, or only a detail of it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the files that is not as it should be, in a sentence for the person who brought them.

    `kind` groups problems of one sort; `row` counts from 1 within `file`; `ref` is the source's key.
    """

    kind: str
    level: Level
    sentence: str
    file: str = ""
    row: int | None = None
    ref: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """Something the source knows by key and name: a zone, a plan, a router."""

    ref: str
    name: str


class State(StrEnum):
    """What the source says about a service."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One contracted service and the person who contracted it, as the source knows them.

    `balance` is owed beside the open invoices when positive, the customer's credit when negative.
    Passwords stay out of `repr` so that no log line or traceback carries them.
    """

    row: int
    ref: str
    user: str
    name: str
    national_id: str
    phones: tuple[str, ...]
    email: str
    address: str
    locality: str
    city: str
    latitude: Decimal | None
    longitude: Decimal | None
    notes: str
    state: State
    zone: Named
    plan: Named
    router: Named | None
    price: Decimal
    balance: Decimal
    installed_on: date | None
    ended_on: date | None
    cut_on: date | None
    ppp_user: str
    ip: str | None
    mac: str
    ppp_password: str = field(repr=False, default="")
    equipment: str = ""
    wifi_name: str = ""
    cpe_password: str = field(repr=False, default="")
    wifi_password: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One invoice of the source. `period` is [start, end) in days, when the description tells it."""

    row: int
    ref: str
    label: str
    service_ref: str
    user: str
    issued_on: date
    due_on: date
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    description: str
    is_paid: bool
    in_review: bool = False
    period: tuple[date, date] | None = None


@dataclass(slots=True)
class Batch:
    """Everything the files hold, in the order of the files."""

    services: list[ServiceRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    void_invoices: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was brought: its name, for the sentences, and its bytes."""

    name: str
    content: bytes = field(repr=False)


class UnreadableFilesError(Exception):
    """None of it can be used. `problems` say why, each in a sentence for the person who brought the files."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].sentence if problems else "")
        self.problems = problems


class Source(Protocol):
    """Where subscribers come from. One verb: read what was brought."""

    kind: str
    label: str | Promise

    def read(self, files: list[SourceFile], *, country: str) -> Batch:
        """Type the rows. `country` (ISO 3166) completes phone numbers. Raises UnreadableFilesError."""
        ...
