"""The passwords of a customer's equipment: shown on request, to who works with it, and noted."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import needs
from customers.models import Equipment, Service
from events.domain import Actor, record


@needs("network.operate")
@require_POST
@never_cache
def equipment_secrets(request: HttpRequest, pk: int) -> HttpResponse:
    """Show both passwords of a service's equipment. Who asked stays in the customer's story."""
    service = get_object_or_404(Service.objects.visible_to(request.user), pk=pk)
    equipment = get_object_or_404(Equipment, service=service)
    secrets = {"wifi": equipment.reveal("wifi_password"), "device": equipment.reveal("cpe_password")}
    with transaction.atomic():
        record("equipment.shown", subject=service, actor=Actor.of_user(request.user), at=timezone.now())
    return render(request, "customers/equipment.html", {"equipment": equipment, "secrets": secrets, "service": service})
