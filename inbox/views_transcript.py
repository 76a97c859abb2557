"""A conversation to take away, on paper."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import Needs, needs
from inbox.documents.transcript import transcript_pdf
from inbox.models import Conversation

TRUE = {"1", "true", "si"}


@require_GET
@needs("inbox.view")
def transcript(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation as PDF. `?notas=1` adds the staff's notes, for those who may write them."""
    return _answer(request, pk, wanted=request.GET.get("notas", ""))


def _answer(request: HttpRequest | Request, pk: int, *, wanted: str) -> HttpResponse:
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "channel")
    found = get_object_or_404(rows, pk=pk)
    notes = wanted in TRUE and request.user.can("inbox.reply")  # type: ignore[union-attr]
    response = HttpResponse(
        transcript_pdf(conversation=found, notes=notes, now=timezone.now()), content_type="application/pdf"
    )
    name = _("Conversación %(number)s") % {"number": found.pk}
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.pdf") or ""
    response["Cache-Control"] = "private, no-store"
    return response


class Transcript(APIView):
    """A conversation as PDF."""

    permission_classes = [Needs.to(read="inbox.view")]

    @extend_schema(
        parameters=[OpenApiParameter("notes", bool)], responses={(200, "application/pdf"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Take a conversation away as PDF; with `notes` also what only the staff wrote, for keys that may write it."""
        return _answer(request, pk, wanted=request.query_params.get("notes", "").lower())
