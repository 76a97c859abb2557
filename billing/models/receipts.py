"""Comprobantes: a picture that says somebody paid, waiting for a person to look."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField


class Receipt(models.Model):
    """A picture or PDF that a customer sent. Accepting it books the payment `receipt:<id>`."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Por revisar")
        ACCEPTED = "accepted", _("Aceptado")
        REJECTED = "rejected", _("Rechazado")
        DUPLICATE = "duplicate", _("Repetido")

    class Source(models.TextChoices):
        WHATSAPP = "whatsapp", _("WhatsApp")
        PORTAL = "portal", _("Página de pago")
        API = "api", _("Programa")

    source = models.CharField(max_length=12, choices=Source, default=Source.WHATSAPP)
    key = models.CharField(max_length=80, null=True, unique=True, help_text="A program's own name for it.")
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.PROTECT, related_name="receipts")
    message = models.ForeignKey("inbox.Message", null=True, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField("inbox.Attachment", null=True, on_delete=models.PROTECT, related_name="receipt")
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    first = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="copies", help_text="What this one repeats."
    )
    invoice = models.ForeignKey(
        "billing.Invoice", null=True, on_delete=models.PROTECT, related_name="+", help_text="Whose link it came by."
    )
    amount = AmountField(null=True)
    bank = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    reference_key = models.CharField(max_length=160, blank=True, help_text="Bank and reference, folded.")
    paid_on = models.DateField(null=True)
    payment = models.OneToOneField("billing.Payment", null=True, on_delete=models.PROTECT, related_name="receipt")
    corrections = models.PositiveSmallIntegerField(default=0, help_text="How often its payment was booked again.")
    reason = models.CharField(max_length=200, blank=True)
    filed_by = models.CharField(max_length=120)
    reviewed_by = models.CharField(max_length=120, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference_key"],
                condition=Q(status="accepted") & ~Q(reference_key=""),
                name="billing_receipt_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="waiting"), name="billing_receipt_waiting"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.status}"


def picture_path(_instance: ReceiptPicture, filename: str) -> str:
    """Return where a file lies under the tenant's folder; its name is never the sender's."""
    return f"receipts/{timezone.now():%Y/%m}/{uuid.uuid4().hex}{filename}"


class ReceiptPicture(models.Model):
    """How a receipt looks: its own bytes (those of WhatsApp stay with the message), and small JPEGs to show."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Por abrir")
        READY = "ready", _("Lista")
        REFUSED = "refused", _("No se pudo abrir")

    receipt = models.OneToOneField(Receipt, on_delete=models.CASCADE, related_name="picture")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    file = models.FileField(upload_to=picture_path, blank=True, max_length=200)
    content_type = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    # Sixty-four bits, signed: pictures that differ in few of them look alike.
    dhash = models.BigIntegerField(null=True)
    pages = models.PositiveSmallIntegerField(default=0)
    previews = models.JSONField(default=list, help_text="Paths of the pages that are shown.")
    error = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="waiting"), name="billing_picture_due"),
            # Looking for pictures that are alike reads the last months' hashes from here and nothing else.
            models.Index(
                fields=["created_at"],
                include=["dhash", "receipt"],
                condition=Q(dhash__isnull=False),
                name="billing_picture_alike",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.state}"


class ReceiptReading(models.Model):
    """What was read from the picture, each value with how sure the reader is (0 to 1). A suggestion, never a fact."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Por leer")
        READ = "read", _("Leído")
        BY_HAND = "by_hand", _("A mano")

    receipt = models.OneToOneField(Receipt, on_delete=models.CASCADE, related_name="reading")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    amount = AmountField(null=True)
    paid_on = models.DateField(null=True)
    bank = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    payer = models.CharField(max_length=120, blank=True)
    confidence = models.JSONField(default=dict, help_text="{field: 0 to 1} of each value that was read.")
    doubts = models.JSONField(default=list, help_text="Fields whose value was not believed, and why.")
    reader = models.CharField(max_length=80, blank=True, help_text="The model that read it.")
    note = models.CharField(max_length=255, blank=True, help_text="Why it was left to a person.")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=9, null=True, help_text="USD")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="waiting"), name="billing_reading_due"),
            models.Index(fields=["settled_at"], condition=Q(state="read"), name="billing_reading_read"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.state}"
