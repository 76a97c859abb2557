"""The cash of each cashier: what they opened with, what moved, what they counted."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class CashDrawer(models.Model):
    """A cashier's drawer from opening to close. Everything that touches its cash is a DrawerMovement.

    Its till is an account of the ledger: what should be in the drawer is the sum of that account's entries.
    """

    account = models.ForeignKey("billing.LedgerAccount", on_delete=models.PROTECT, related_name="drawers")
    currency = CurrencyField()
    cashier_id = models.BigIntegerField()
    cashier_label = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    opening = AmountField(help_text="What was in it when it was opened.")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True)
    expected = AmountField(null=True, help_text="By the movements, when it was closed.")
    counted = AmountField(null=True)
    denominations = models.JSONField(default=dict, help_text="How many of each: face value -> pieces.")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cashier_id"], condition=Q(closed_at=None), name="billing_drawer_open_once"
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(closed_at=None), name="billing_till_open_once"),
            models.CheckConstraint(
                condition=Q(opening__gte=0) & (Q(counted=None) | Q(counted__gte=0)), name="billing_drawer_amounts"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, counted=None, expected=None)
                | Q(closed_at__isnull=False, counted__isnull=False, expected__isnull=False),
                name="billing_drawer_counted_when_closed",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at", "-id"], name="billing_drawer_newest")]

    def __str__(self) -> str:
        return f"{self.cashier_label} {self.opened_at:%Y-%m-%d}"

    @property
    def pieces(self) -> list[tuple[Decimal, int]]:
        """What was counted by face value, the largest first."""
        return sorted(((Decimal(face), n) for face, n in self.denominations.items()), reverse=True)

    @property
    def difference(self) -> Decimal | None:
        """Counted minus expected: negative is missing. None while it is open."""
        return None if self.counted is None or self.expected is None else self.counted - self.expected


class DrawerMovement(models.Model):
    """One transaction of the ledger that put cash into a drawer (positive) or took it out (negative)."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Fondo inicial")
        PAYMENT = "payment", _("Pago en efectivo")
        VOID = "void", _("Pago anulado")
        REFUND = "refund", _("Devolución")
        DEPOSIT = "deposit", _("Depósito al banco")
        WITHDRAWAL = "withdrawal", _("Retiro")
        TOP_UP = "top_up", _("Entrada de cambio")
        DIFFERENCE = "difference", _("Diferencia al cerrar")

    drawer = models.ForeignKey(CashDrawer, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind)
    amount = AmountField()
    transaction = models.ForeignKey("billing.LedgerTransaction", on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey("billing.Payment", null=True, on_delete=models.PROTECT, related_name="+")
    refund = models.ForeignKey("billing.Refund", null=True, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(
        "billing.LedgerAccount", null=True, on_delete=models.PROTECT, related_name="+", help_text="Where from or to."
    )
    note = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, null=True, unique=True)
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="billing_drawer_movement_not_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=["opening", "difference"])
                | Q(kind__in=["payment", "top_up"], amount__gt=0)
                | Q(kind__in=["void", "refund", "deposit", "withdrawal"], amount__lt=0),
                name="billing_drawer_movement_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class CounterSettings(models.Model):
    """How the counter works here; one row a provider."""

    class CashDrawers(models.TextChoices):
        NO = "no", _("No usamos cajas por persona")
        WARN = "warn", _("Avisar a quien cobra sin abrir su caja")
        REQUIRE = "require", _("No recibir efectivo sin abrir la caja")

    cash_drawers = models.CharField(max_length=8, choices=CashDrawers, default=CashDrawers.WARN)
    # A difference up to this is closed without a note.
    difference_free = AmountField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(difference_free__gte=0), name="billing_counter_free"),
        ]
        verbose_name_plural = "counter settings"

    def __str__(self) -> str:
        return str(self.cash_drawers)
