"""The door for gateways: a notification is checked, stored and answered; what it means is found out by a drainer."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.domain.gateway_accounts import ROUTE
from billing.domain.gateway_notices import store_notice
from billing.gateways.base import BadSignature, GatewayError
from billing.models import GatewayAccount
from tenants.current import entered
from tenants.models import Route, Tenant

logger = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024  # bytes; an event with its object is some kilobytes


@csrf_exempt
@require_POST
def notice(request: HttpRequest, account: uuid.UUID) -> HttpResponse:
    """403 when the signature is wrong, missing or old, 404 for an account nobody has here; nothing is stored then."""
    try:
        if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
            return HttpResponse(status=413)
    except ValueError:
        return HttpResponse(status=400)
    with _account(request, account) as row:
        if row is None:
            return HttpResponse(status=404)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            store_notice(account=row, body=request.body, headers=headers, query=request.GET.dict(), now=timezone.now())
        except BadSignature as error:
            logger.warning("a notification for gateway account %s was refused: %s", row.pk, error)
            return HttpResponse(status=403)
        except GatewayError:
            logger.exception("gateway account %s cannot read notifications", row.pk)
            return HttpResponse(status=503)
    return HttpResponse(status=200)


@contextmanager
def _account(request: HttpRequest, number: uuid.UUID) -> Iterator[GatewayAccount | None]:
    """Enter the tenant (by host, else by the account's route) and give the account, or None."""
    inside: object = nullcontext()
    if getattr(request, "tenant", None) is None:
        route = (
            Route.objects.select_related("tenant__brand")
            .filter(provider=ROUTE, number=str(number), tenant__status=Tenant.Status.READY)
            .first()
        )
        if route is None:
            yield None
            return
        inside = entered(route.tenant)
    with inside:  # type: ignore[attr-defined]
        yield GatewayAccount.objects.filter(uuid=number).first()
