"""Clients brought in from a router: what was found on it, whose each is thought to be, and what came of it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from customers.models import Service
from network.models.accesses import Access
from network.models.routers import Router
from tenants.sealing import SealedField, SealedRow


class Takeover(models.Model):
    """One reading of a router to link its clients with services; nothing is linked until a person confirms it."""

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="takeovers")
    read_at = models.DateTimeField()
    read_by = models.CharField(max_length=120)
    # How those brought in are to be cut; empty is the method's own way.
    cut_by = models.CharField(max_length=8, choices=Access.CutBy, default=Access.CutBy.OWN, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["router", "-id"], name="takeover_of_router")]

    def __str__(self) -> str:
        return f"{self.router} {self.read_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a person."""
        return self.confirmed_at is None


class TakenRowQuerySet(ScopedQuerySet):
    """Reads of what was found."""

    view_code = "network.view"

    def chosen(self) -> Self:
        """Return those that have a service."""
        return self.exclude(service=None)

    def matching(self, text: str) -> Self:
        """Return those with `text` in what the router or we call them."""
        return self.filter(
            Q(username__icontains=text)
            | Q(comment__icontains=text)
            | Q(ip__icontains=text)
            | Q(mac__icontains=text)
            | Q(service__customer__name__icontains=text)
        )


class TakenRow(SealedRow):
    """Something on the router that lets a customer through, and the service it is chosen to belong to."""

    class State(models.TextChoices):
        SURE = "sure", _("Seguro")
        LIKELY = "likely", _("Probable")
        DOUBTFUL = "doubtful", _("Dudoso")
        NONE = "none", _("De nadie")
        ALSO = "also", _("Del mismo cliente")
        LINKED = "linked", _("Ya enlazado")

    class Outcome(models.TextChoices):
        MADE = "made", _("Enlazado")
        LEFT = "left", _("Dejado como estaba")
        TAKEN = "taken", _("Ya era de otro servicio")
        GONE = "gone", _("El servicio ya no existe")

    takeover = models.ForeignKey(Takeover, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=20, choices=Access.Kind)
    username = models.CharField(max_length=120)
    label = models.CharField(max_length=120, blank=True)
    password = SealedField()
    ip = models.CharField(max_length=45, blank=True)
    mac = models.CharField(max_length=17, blank=True)
    server = models.CharField(max_length=60, blank=True)
    profile = models.CharField(max_length=80, blank=True)
    comment = models.CharField(max_length=255, blank=True)
    is_on = models.BooleanField(default=True)
    is_online = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State)
    # Why it is thought to be the service's, and the services it might be instead.
    reason = models.CharField(max_length=200, blank=True)
    others = models.JSONField(default=list, blank=True)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=5, choices=Outcome, blank=True)

    objects = TakenRowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["takeover", "kind", "username"], name="taken_once")]
        indexes = [models.Index(fields=["takeover", "state", "id"], name="taken_by_state")]

    def __str__(self) -> str:
        return self.username

    @property
    def shown(self) -> str:
        """What a person calls it: a site's name rather than its id; elsewhere the name is the key."""
        is_id = self.kind in {Access.Kind.UISP_SITE, Access.Kind.UISP_SERVICE}
        return (self.label if is_id else "") or self.username
