"""A receipt's file: its pages as small pictures, and the file as it came."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.receipt_filing import file_of
from billing.models import Receipt, ReceiptPicture

# What a browser may show inside our page; anything else is downloaded. SVG can carry scripts.
SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"}


@require_GET
@needs("receipts.review")
def picture(_request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it came, shown only when a browser may show such a file."""
    receipt = get_object_or_404(Receipt.objects.select_related("attachment", "picture"), pk=pk)
    stored, content_type = file_of(receipt)
    if stored is None:
        raise Http404
    safe = content_type in SHOWN
    with stored.open("rb") as file:
        response = HttpResponse(file.read(), content_type=content_type if safe else "application/octet-stream")
    if not safe:
        response["Content-Disposition"] = "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_GET
@needs("receipts.review")
def page(_request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """One page as we drew it: a small JPEG, upright, without what the camera noted."""
    drawn = get_object_or_404(ReceiptPicture, receipt=pk)
    if not 1 <= number <= len(drawn.previews) or not default_storage.exists(drawn.previews[number - 1]):
        raise Http404
    response = FileResponse(default_storage.open(drawn.previews[number - 1]), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response
