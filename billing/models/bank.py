"""Bank statements brought in: how each bank writes them, each file, each line."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class BankFormat(models.Model):
    """How one bank's files read: which column is what, remembered from the first file on."""

    class Decimals(models.TextChoices):
        POINT = ".", _("1,234.50")
        COMMA = ",", _("1.234,50")

    name = models.CharField(max_length=60, unique=True)
    account = models.ForeignKey("billing.LedgerAccount", on_delete=models.PROTECT, related_name="+")
    columns = models.JSONField(help_text='What is in which column, by its title: {"day": "Fecha", "credit": "Abonos"}.')
    day_format = models.CharField(max_length=12, help_text="dmy, mdy or ymd.")
    decimals = models.CharField(max_length=1, choices=Decimals)
    signature = models.CharField(max_length=64, db_index=True, help_text="The titles' fingerprint, to know it again.")
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class BankImport(models.Model):
    """A statement from upload to report."""

    class Stage(models.TextChoices):
        READ = "read", _("Por revisar columnas")
        MATCHING = "matching", _("Buscando de quién es cada depósito")
        REVIEW = "review", _("Por confirmar")
        BOOKING = "booking", _("Registrando")
        DONE = "done", _("Terminada")
        DISCARDED = "discarded", _("Descartada")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.READ)
    file_name = models.CharField(max_length=200)
    content = models.FileField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    format = models.ForeignKey(BankFormat, null=True, on_delete=models.PROTECT, related_name="imports")
    problems = models.JSONField(default=list, help_text="Rows that could not be read, as [row, sentence].")
    problem_count = models.IntegerField(default=0)
    debits = models.IntegerField(default=0, help_text="Lines of money that went out, left alone.")
    repeated = models.IntegerField(default=0, help_text="Lines that an earlier file already had.")
    cursor = models.BigIntegerField(default=0, help_text="The last line worked on in this stage.")
    failures = models.IntegerField(default=0)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    confirmed_by_id = models.BigIntegerField(null=True)
    confirmed_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(stage__in=["matching", "booking"]), name="billing_bank_import_working"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.stage}"


class BankLine(models.Model):
    """Money that a bank says came in. `fingerprint` is unique, so that no line is booked twice however files overlap.

    Two lines of one day that read the same have different `occurrence`s: the second is another deposit.
    """

    class State(models.TextChoices):
        NEW = "new", _("Sin revisar")
        CERTAIN = "certain", _("Seguro")
        DOUBTFUL = "doubtful", _("Dudoso")
        UNKNOWN = "unknown", _("Sin dueño")
        KNOWN = "known", _("Ya estaba registrado")
        BOOKED = "booked", _("Registrado")
        FAILED = "failed", _("No se pudo")
        IGNORED = "ignored", _("No es de un cliente")

    brought = models.ForeignKey(BankImport, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey("billing.LedgerAccount", on_delete=models.PROTECT, related_name="+", db_index=False)
    row = models.IntegerField(help_text="Its row in the file, as a spreadsheet counts.")
    day = models.DateField()
    amount = AmountField()
    currency = CurrencyField()
    reference = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=300, blank=True)
    payer = models.CharField(max_length=120, blank=True)
    payer_key = models.CharField(max_length=120, blank=True, help_text="Who paid, folded, to know them next time.")
    occurrence = models.SmallIntegerField(default=1)
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    selected = models.BooleanField(default=False)
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.PROTECT, related_name="+")
    candidates = models.JSONField(
        default=list, help_text='Who it may be: {"customer", "score", "reasons"}, best first.'
    )
    payment = models.OneToOneField("billing.Payment", null=True, on_delete=models.PROTECT, related_name="bank_line")
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_bank_line_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["booked", "known"]) | Q(payment__isnull=False), name="billing_bank_line_paid"
            ),
        ]
        indexes = [
            models.Index(fields=["brought", "state", "id"], name="billing_bank_line_of"),
            models.Index(
                fields=["payer_key", "-id"], condition=Q(state="booked") & ~Q(payer_key=""), name="billing_bank_payer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.amount}"
