"""Who the customers are and how they are reached."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.scoping import ScopedQuerySet
from customers.models.catalog import Tax, Zone
from customers.text import fold


class CustomerQuerySet(ScopedQuerySet):
    """Reads of customers."""

    view_code = "customers.view"

    def matching(self, text: str) -> Self:
        """Return those whose name, code, phone or national id holds `text`, accents and case aside."""
        from customers.domain.search import matching_ids  # noqa: PLC0415 -- thin method over its domain

        return self.filter(pk__in=matching_ids(text))


class Customer(models.Model):
    """A person or company with one or more services."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    name_key = models.CharField(max_length=160, editable=False)
    national_id = models.CharField(max_length=40, blank=True)
    # Of the documents: RFC, RUC, NIT, RUT, CUIT, CNPJ… checked by country where it is typed.
    tax_id = models.CharField(max_length=20, blank=True, db_default="")
    tax_exempt = models.BooleanField(default=False, db_default=False)
    tax_exempt_reason = models.CharField(max_length=120, blank=True, db_default="")
    withholdings = models.ManyToManyField(Tax, blank=True, related_name="withholders")
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=255, blank=True)
    locality = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    notes = models.TextField(blank=True)
    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="customers")
    # Where the row came from: "wisphub:1234". Empty for those made here.
    external_ref = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["name_key", "id"], name="customer_by_name"),
            GinIndex(OpClass("name_key", "gin_trgm_ops"), name="customer_name_trgm"),
            GinIndex(OpClass(Upper("code"), "gin_trgm_ops"), name="customer_code_trgm"),
            models.Index(fields=["national_id"], name="customer_national_id"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_ref"], condition=~models.Q(external_ref=""), name="customer_external_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = fold(self.name)
        if kwargs.get("update_fields") and "name" in kwargs["update_fields"]:
            kwargs["update_fields"] = {*kwargs["update_fields"], "name_key"}
        super().save(*args, **kwargs)


class Contact(models.Model):
    """A way to reach a customer. Phones are E.164."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Teléfono"
        WHATSAPP = "whatsapp", "WhatsApp"
        EMAIL = "email", "Correo"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=120)
    is_primary = models.BooleanField(default=False)
    opted_out = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_primary", "id"]
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "value"], name="contact_once")]
        indexes = [
            models.Index(fields=["value"], name="contact_value"),
            GinIndex(OpClass("value", "gin_trgm_ops"), name="contact_value_trgm"),
        ]

    def __str__(self) -> str:
        return self.value
