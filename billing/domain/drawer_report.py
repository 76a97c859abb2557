"""What happened in a drawer: money by payment method, movements, and what should be in it against what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from billing.domain.drawers import expected_in
from billing.domain.money import ZERO
from billing.models import CashDrawer, DrawerMovement, Payment


@dataclass(frozen=True, slots=True)
class MethodSum:
    """How many payments came in by a method, and how much, without those undone since."""

    method: str
    label: str
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class KindSum:
    """How much each kind of movement put in (positive) or took out."""

    label: str
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class DrawerReport:
    """A drawer from its opening on. `expected` is what should be in it, before any difference was posted."""

    drawer: CashDrawer
    methods: list[MethodSum]
    kinds: list[KindSum]
    movements: list[DrawerMovement]
    expected: Decimal

    @property
    def taken(self) -> Decimal:
        """Everything this person took while it was open, by whatever method."""
        return sum((row.total for row in self.methods), ZERO)


def read_drawer(drawer: CashDrawer) -> DrawerReport:
    """The report of a drawer as of now; a closed one reads the same for ever, but for payments undone later."""
    kinds = DrawerMovement.Kind
    moves = drawer.movements.exclude(kind=kinds.OPENING)
    sums = moves.order_by("kind").values_list("kind").annotate(count=Count("id"), total=Sum("amount"))
    by_kind = {kind: (count, total) for kind, count, total in sums}
    expected = drawer.expected if drawer.expected is not None else expected_in(drawer)
    return DrawerReport(
        drawer=drawer,
        methods=_methods(drawer),
        kinds=[KindSum(str(kind.label), *by_kind[kind]) for kind in kinds if kind in by_kind],
        movements=list(moves.select_related("payment__customer", "other").order_by("id")),
        expected=expected,
    )


def _methods(drawer: CashDrawer) -> list[MethodSum]:
    during = Q(created_at__gte=drawer.opened_at)
    if drawer.closed_at:
        during &= Q(created_at__lte=drawer.closed_at)
    rows = (
        Payment.objects.filter(during, actor_kind="user", actor_id=drawer.cashier_id, voided_at=None)
        .order_by("method")
        .values_list("method")
        .annotate(count=Count("id"), total=Sum("amount"))
    )
    found = {method: (count, total) for method, count, total in rows}
    return [MethodSum(m.value, str(m.label), *found[m.value]) for m in Payment.Method if m.value in found]


def drawers_seen_by(cashier_id: int, *, everybody: bool) -> QuerySet[CashDrawer]:
    """The drawers a person may see, newest first: their own, or everybody's."""
    rows = CashDrawer.objects.select_related("account").order_by("-opened_at", "-id")
    return rows if everybody else rows.filter(cashier_id=cashier_id)
