"""From where the staff may ask the bot: addresses that were proved to be theirs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class StaffAddress(models.Model):
    """An address of a person of the staff, theirs since they sent from it the code that their own page showed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bot_addresses")
    # As in the inbox: "whatsapp:+52…", "telegram:123". Empty until the code came.
    address = models.CharField(max_length=120, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=~Q(address=""), name="staff_address_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(address=""), name="staff_code_once"),
            models.UniqueConstraint(fields=["code_digest"], condition=~Q(code_digest=""), name="staff_digest_once"),
            models.CheckConstraint(
                condition=Q(address="", proved_at=None) | (~Q(address="") & Q(proved_at__isnull=False)),
                name="staff_address_proved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.address}"

    @property
    def shown(self) -> str:
        """Return the address without the wire's prefix."""
        return self.address.partition(":")[2]
