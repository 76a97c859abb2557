"""What stands at the customer's home and the passwords to it."""

from __future__ import annotations

from django.db import models

from customers.models.services import Service
from tenants.sealing import SealedField, SealedRow


class Equipment(SealedRow):
    """The antenna or ONU of a service and its Wi-Fi. Both passwords are sealed."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="equipment")
    model = models.CharField(max_length=80, blank=True)
    mac = models.CharField(max_length=17, blank=True)
    wifi_name = models.CharField(max_length=64, blank=True)
    cpe_password = SealedField()
    wifi_password = SealedField()

    def __str__(self) -> str:
        return self.model or self.mac
