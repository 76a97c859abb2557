"""Payment gateways: the accounts a provider connected, what was asked of them, and what they told us."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField
from tenants.sealing import SealedField, SealedRow


class GatewayAccount(SealedRow):
    """An account at a gateway, or a bank account that takes transfers. Its `uuid` is in its webhook's address."""

    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    # What the kind's own typed configuration reads; nothing secret.
    config = models.JSONField(default=dict, blank=True)
    api_key = SealedField()
    webhook_secret = SealedField()
    is_active = models.BooleanField(default=True)
    # Whether customers see it behind «Pagar ahora»; the staff may use any active one.
    for_customers = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="billing_gateway_name_once")]

    def __str__(self) -> str:
        return self.name


class PaymentRequest(models.Model):
    """Money asked of one customer through one account. `uuid` goes along as our reference and comes back with it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Por crear")
        CREATING = "creating", _("Creándose")
        OPEN = "open", _("Por pagar")
        PARTLY = "partly", _("Pagada en parte")
        PAID = "paid", _("Pagada")
        EXPIRED = "expired", _("Vencida")
        CANCELLED = "cancelled", _("Cancelada")
        FAILED = "failed", _("No se pudo crear")
        DOUBTFUL = "doubtful", _("Dudosa")

    class Way(models.TextChoices):
        LINK = "link", _("Enlace de pago")
        CASH = "cash", _("Efectivo en tienda")
        BANK = "bank", _("Transferencia con referencia")

    LIVE: ClassVar[tuple[str, ...]] = (Status.OPEN, Status.PARTLY)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="requests")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="payment_requests")
    invoices = models.ManyToManyField("billing.Invoice", related_name="payment_requests", blank=True)
    amount = AmountField()
    currency = CurrencyField()
    way = models.CharField(max_length=8, choices=Way, default=Way.LINK)
    description = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    paid = AmountField(default=0)
    key = models.CharField(max_length=120, unique=True)
    external_id = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    qr = models.TextField(blank=True, help_text="The text a QR code holds, where it is not the link.")
    voucher = models.CharField(max_length=60, blank=True)
    barcode = models.CharField(max_length=120, blank=True)
    instructions = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    trouble = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="billing_request_positive")]
        indexes = [
            models.Index(fields=["next_try_at"], name="billing_request_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["account", "external_id"], name="billing_request_external"),
            models.Index(fields=["-created_at", "-id"], name="billing_request_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def is_live(self) -> bool:
        """Whether it can still be paid."""
        return self.status in self.LIVE


class GatewayPayment(models.Model):
    """Money a gateway says it took. Booked as a Payment once, or set aside for a person with a note that says why."""

    class State(models.TextChoices):
        BOOKED = "booked", _("Registrado")
        ASIDE = "aside", _("Por revisar")
        RETURNED = "returned", _("Devuelto")
        SETTLED = "settled", _("Resuelto a mano")

    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="payments")
    request = models.ForeignKey(PaymentRequest, null=True, on_delete=models.PROTECT, related_name="arrivals")
    external_id = models.CharField(max_length=120)
    amount = AmountField()
    currency = CurrencyField()
    paid_at = models.DateTimeField()
    refunded = AmountField(default=0)
    disputed = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State)
    payment = models.OneToOneField("billing.Payment", null=True, on_delete=models.PROTECT, related_name="arrival")
    note = models.CharField(max_length=300, blank=True)
    settled_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="billing_gateway_payment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.amount} {self.currency}"


class GatewayRefund(models.Model):
    """Money to give back through the gateway. `uuid` is its idempotency key there."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("En camino")
        DONE = "done", _("Devuelto")
        FAILED = "failed", _("Rechazado")
        DOUBTFUL = "doubtful", _("Dudoso")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    arrival = models.ForeignKey(GatewayPayment, on_delete=models.PROTECT, related_name="refunds")
    amount = AmountField()
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    # What had been given back when this one was asked for: tells whether a lost answer was a yes.
    refunded_before = AmountField(default=0)
    external_id = models.CharField(max_length=120, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="billing_gateway_refund_positive")]
        indexes = [
            models.Index(fields=["next_try_at"], name="billing_refund_due", condition=Q(next_try_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"


class GatewayNotice(models.Model):
    """A notification whose signature was right, as it came. Only a hint: the gateway is asked before a booking."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Por procesar")
        BOOKED = "booked", _("Registró un pago")
        NOTED = "noted", _("Sin cambios")
        RETURNED = "returned", _("Registró una devolución")
        ASIDE = "aside", _("Por revisar")
        FAILED = "failed", _("No se pudo procesar")

    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="notices")
    event_id = models.CharField(max_length=120)
    topic = models.CharField(max_length=80, blank=True)
    # What it is about: the gateway's id of a payment or of a request.
    about = models.JSONField(default=dict)
    body = models.TextField()
    headers = models.JSONField(default=dict)
    request = models.ForeignKey(PaymentRequest, null=True, on_delete=models.PROTECT, related_name="notices")
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    note = models.CharField(max_length=300, blank=True)
    times_seen = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="billing_notice_once")]
        indexes = [
            models.Index(fields=["next_try_at"], name="billing_notice_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["-received_at", "-id"], name="billing_notice_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.event_id}"
