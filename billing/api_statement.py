"""/api/v1/customers/{id}/statement/: the same movements, balances and sums as the page and the printed statement."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from accounts.pagination import KeyPagination
from billing.api_shapes import StatementOut
from billing.domain.ledger import Statement, read_statement
from billing.domain.windows import KINDS, BadWindow, parse_before, parse_window, write_before
from customers.models import Customer

PAGE = 50
PARAMETERS = [
    OpenApiParameter("from", str, description="First day, as 2026-11-01."),
    OpenApiParameter("to", str, description="Last day, included."),
    OpenApiParameter("kind", str, enum=[value for value, _label in KINDS]),
    OpenApiParameter("before", str, description="Where the page before ended; `next` carries it."),
    OpenApiParameter("page_size", int, description=f"Up to {KeyPagination.max_page_size}; {PAGE} if not said."),
]


class CustomerStatement(APIView):
    """A customer's movements with what was owed after each."""

    permission_classes = [Needs.to(read="billing.view")]

    @extend_schema(responses=StatementOut, parameters=PARAMETERS)
    def get(self, request: Request, customer_id: int) -> Response:
        """The movements of `from`, `to` and `kind`, newest first, and what they add up to."""
        customer = get_object_or_404(Customer.objects.only("pk"), pk=customer_id)
        try:
            window, before = parse_window(request.query_params), parse_before(request.query_params)
        except BadWindow as error:
            raise ValidationError({error.field: [str(error)]}) from error
        page = read_statement(customer.pk, window=window, limit=_size(request), before=before)
        answer = {
            "customer": customer.pk,
            "sums": page.sums,
            "next": _next(request, page),
            "results": page.movements,
        }
        return Response(StatementOut(answer).data)


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", "") or str(PAGE)
    if not text.isdecimal() or not 0 < int(text[:9]) <= KeyPagination.max_page_size:
        raise ValidationError(
            {"page_size": [_("Debe ser un número del 1 al %(most)s.") % {"most": KeyPagination.max_page_size}]}
        )
    return int(text)


def _next(request: Request, page: Statement) -> str | None:
    if not page.more:
        return None
    last = page.movements[-1]
    query = {**request.query_params.dict(), "before": write_before(last.day, last.transaction_id)}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
