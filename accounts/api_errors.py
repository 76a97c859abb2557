"""API errors as one shape: {"error": code, "message": sentence, "fields": {...}}."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def explain(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the error as a sentence; unexpected errors stay Django's (500, logged, nothing leaked)."""
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, ValidationError):
        fields = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        response.data = {"error": "invalid", "message": _("Revise los datos enviados."), "fields": fields}
        return response
    detail = getattr(exc, "detail", None)
    code = getattr(detail, "code", None) or getattr(exc, "default_code", "not_found")
    response.data = {"error": code, "message": str(detail or _("No se encontró.")), "fields": {}}
    return response
