"""A PDF over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def pdf_response(data: bytes, name: str) -> HttpResponse:
    """A PDF that the browser shows, saves under the document's own name, and keeps nowhere else."""
    response = HttpResponse(data, content_type="application/pdf")
    disposition = content_disposition_header(as_attachment=False, filename=f"{name}.pdf")
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["Cache-Control"] = "private, no-store"
    return response
