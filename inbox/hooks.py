"""Files of ours that a channel fetches from us, by a signed link."""

from __future__ import annotations

from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from inbox.domain.media import attachment_for_link
from tenants.models import Tenant


@require_GET
def media(_request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """A file of ours, for the channel that was given its signed link."""
    if not isinstance(getattr(connection, "tenant", None), Tenant):
        raise Http404
    attachment = attachment_for_link(token)
    if attachment is None:
        raise Http404
    return FileResponse(attachment.file.open("rb"), content_type=attachment.content_type)
