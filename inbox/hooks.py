"""The doors for the far side: messages, delivery states, and files it fetches from us.

A webhook is checked, stored and answered; whatever takes time is a row for a drainer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from inbox.channels.twilio_whatsapp.inbound import is_signed, read_message, read_status
from inbox.domain.channels import find_channel
from inbox.domain.media import attachment_for_link
from inbox.domain.outcomes import apply_status
from inbox.domain.receiving import receive_message
from inbox.models import Channel
from tenants.current import entered
from tenants.models import Route, Tenant
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024  # bytes; a webhook carries text and addresses, never files


@csrf_exempt
@require_POST
def twilio_message(request: HttpRequest) -> HttpResponse:
    """A customer wrote. 403 when the signature is wrong, 404 for a number nobody has; nothing is stored then."""
    if _too_large(request):
        return HttpResponse(status=413)
    with _channel(request, address=request.POST.get("To", "")) as channel:
        if channel is None:
            return HttpResponse(status=404)
        if not _is_from_twilio(request, channel):
            return HttpResponse(status=403)
        try:
            inbound = read_message(request.POST)
        except ValueError:
            return HttpResponse(status=400)
        receive_message(channel=channel, inbound=inbound, now=timezone.now())
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """A message of ours changed state. One we do not know is answered with 200, so that it is not repeated."""
    if _too_large(request):
        return HttpResponse(status=413)
    with _channel(request, address=request.POST.get("From", "")) as channel:
        if channel is None:
            return HttpResponse(status=404)
        if not _is_from_twilio(request, channel):
            return HttpResponse(status=403)
        try:
            report = read_status(request.POST, key=_uuid(request.GET.get("message", "")))
        except ValueError:
            return HttpResponse(status=204)
        apply_status(channel=channel, report=report, now=timezone.now())
    return HttpResponse(status=204)


@require_GET
def media(_request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """A file of ours, for the channel that was given its signed link."""
    if not isinstance(getattr(connection, "tenant", None), Tenant):
        raise Http404
    attachment = attachment_for_link(token)
    if attachment is None:
        raise Http404
    return FileResponse(attachment.file.open("rb"), content_type=attachment.content_type)


def _too_large(request: HttpRequest) -> bool:
    try:
        return int(request.headers.get("Content-Length") or 0) > BODY_LIMIT
    except ValueError:
        return True


@contextmanager
def _channel(request: HttpRequest, *, address: str) -> Iterator[Channel | None]:
    """Enter the tenant (by host, else by the number's route) and give its channel, or None."""
    account = request.POST.get("AccountSid", "")
    inside: object = nullcontext()
    if getattr(request, "tenant", None) is None:
        route = (
            Route.objects.select_related("tenant__brand")
            .filter(provider="twilio", account=account, number=address, tenant__status=Tenant.Status.READY)
            .first()
        )
        if route is None:
            yield None
            return
        inside = entered(route.tenant)
    with inside:  # type: ignore[attr-defined]
        yield find_channel(account=account, address=address)


def _is_from_twilio(request: HttpRequest, channel: Channel) -> bool:
    """Check the signature over the public address: as configured, else as the proxy says we were called."""
    base = str(channel.config.get("public_base") or "").rstrip("/")
    urls = [base + request.get_full_path()] if base else []
    urls.append(request.build_absolute_uri())
    try:
        secret = channel.reveal("auth_token")
    except SealError:
        logger.exception("the token of channel %s cannot be opened", channel.pk)
        return False
    signature = request.headers.get("X-Twilio-Signature", "")
    settings_header = request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
    return any(
        is_signed(secret=secret, url=url, form=request.POST, signature=signature, settings=settings_header)
        for url in urls
    )


def _uuid(text: str) -> str:
    """Return `text` if it has the form of a message's uuid, else nothing."""
    plain = text.replace("-", "")
    return text if len(plain) == 32 and all(c in "0123456789abcdef" for c in plain) else ""
