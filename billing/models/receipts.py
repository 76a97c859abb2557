"""Comprobantes: a picture that says somebody paid, waiting for a person to look."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField


class Receipt(models.Model):
    """A picture or PDF that a customer sent. Accepting it books the payment `receipt:<id>`."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Por revisar")
        ACCEPTED = "accepted", _("Aceptado")
        REJECTED = "rejected", _("Rechazado")
        DUPLICATE = "duplicate", _("Repetido")

    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.PROTECT, related_name="receipts")
    message = models.ForeignKey("inbox.Message", null=True, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField("inbox.Attachment", null=True, on_delete=models.PROTECT, related_name="receipt")
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    first = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="copies", help_text="What this one repeats."
    )
    amount = AmountField(null=True)
    bank = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    reference_key = models.CharField(max_length=160, blank=True, help_text="Bank and reference, folded.")
    paid_on = models.DateField(null=True)
    payment = models.OneToOneField("billing.Payment", null=True, on_delete=models.PROTECT, related_name="receipt")
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
