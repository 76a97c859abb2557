"""/api/v1/: invoices, payments, balances, runs and nights."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api_documents import DocumentActions
from billing.api_shapes import (
    BalanceOut,
    DecisionOut,
    InvoiceOut,
    InvoiceWhole,
    NightOut,
    ReasonIn,
    RunIn,
)
from billing.domain import nights
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import balance, credit, receivable, statement
from billing.domain.money import ZERO, BadAmount
from billing.domain.nights import NightRefused
from billing.domain.payments import PaymentRefused
from billing.domain.queries import INVOICE_STATES, InvoiceFilter, find_invoices
from billing.domain.receipt_filing import ReceiptRefused
from billing.domain.run import RunRefused
from billing.domain.second_step import undo_second_step
from billing.models import Decision, Invoice, Night
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant, tenant_salt, tenant_today

REFUSED = (BadAmount, InvoiceRefused, NightRefused, PaymentRefused, ReceiptRefused, RunRefused)
CUSTOMER = OpenApiParameter("customer", int)
KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)


class Conflict(APIException):
    """What was asked cannot be done as things stand; the sentence says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Room(viewsets.GenericViewSet[Any]):
    """What billing's rooms share: reading needs `billing.view`, each act its own code, refusals are sentences."""

    acts: dict[str, str] = {}
    reads = "billing.view"
    lookup_value_regex = r"\d{1,18}"

    def get_permissions(self) -> list[Any]:
        return [Needs.to(read=self.reads, write=self.acts.get(self.action or "", ""))()]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(Conflict(str(exc)) if isinstance(exc, REFUSED) else exc)

    def of_customer(self, rows: Any) -> Any:
        """The rows of `?customer=`, when it is asked for."""
        wanted = self.request.query_params.get("customer", "")
        if wanted and not (wanted.isdecimal() and len(wanted) < 18):
            raise ValidationError({"customer": [_("Debe ser el número de un cliente.")]})
        return rows.filter(customer_id=wanted) if wanted else rows

    @property
    def actor(self) -> Actor:
        """Who calls."""
        return Actor.of_user(self.request.user)


def month_of(text: str) -> dt.date | None:
    """The first day of 2026-12; None for nothing. Raises ValidationError."""
    if not text:
        return None
    data = RunIn(data={"month": text})
    data.is_valid(raise_exception=True)
    month: dt.date = data.validated_data["month"]
    return month


def checked(shape: Any, request: Request) -> dict[str, Any]:
    """The body, or a refusal that names its fields."""
    data = shape(data=request.data)
    data.is_valid(raise_exception=True)
    values: dict[str, Any] = data.validated_data
    return values


@extend_schema_view(
    list=extend_schema(
        parameters=[
            CUSTOMER,
            OpenApiParameter("state", str, enum=INVOICE_STATES),
            OpenApiParameter("q", str, description="The start of a number, or a customer."),
            OpenApiParameter("zone", int),
            OpenApiParameter("month", str, description="Issued in it, as 2026-12."),
        ]
    )
)
class Invoices(DocumentActions, mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Invoices, newest first. `state`: open, overdue, paid or void."""

    document_kind = "invoice"
    acts = {"void": "billing.correct", **DocumentActions.document_acts}
    queryset = Invoice.objects.none()

    def get_queryset(self) -> Any:
        params = self.request.query_params
        zone = params.get("zone", "")
        if zone and not (zone.isdecimal() and len(zone) < 18):
            raise ValidationError({"zone": [_("Debe ser el número de una zona.")]})
        wanted = InvoiceFilter(
            text=params.get("q", "")[:80],
            state=params.get("state", ""),
            zone_id=int(zone) if zone else None,
            month=month_of(params.get("month", "")),
        )
        rows = find_invoices(wanted, today=tenant_today(timezone.now()))
        return self.of_customer(rows) if self.action == "list" else rows.prefetch_related("lines", "taxes")

    def get_serializer_class(self) -> Any:
        return InvoiceOut if self.action == "list" else InvoiceWhole

    @extend_schema(request=ReasonIn, responses=InvoiceWhole)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str = "") -> Response:
        """Take an invoice back."""
        found = self.get_object()
        reason = checked(ReasonIn, request)["reason"]
        void_invoice(invoice_id=found.pk, reason=reason, actor=self.actor, now=timezone.now())
        return Response(InvoiceWhole(self.get_object()).data)


def idempotency_key(key: str) -> str:
    """The caller's key as it is stored: of fixed length, and another one at another provider."""
    return "api:" + hashlib.sha256(f"{tenant_salt('payment')}:{key}".encode()).hexdigest()


class Nights(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Days of reminders and cuts, newest first."""

    acts = {"hold": "dunning.decide", "release": "dunning.decide", "approve": "dunning.approve"}
    queryset = Night.objects.all()
    serializer_class = NightOut

    def _turn(self, act: Any) -> Response:
        return Response(NightOut(act(night_id=self.get_object().pk, actor=self.actor, now=timezone.now())).data)

    @extend_schema(request=None, responses=NightOut)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: str = "") -> Response:
        """Stop the night's cuts."""
        return self._turn(nights.hold_night)

    @extend_schema(request=None, responses=NightOut)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str = "") -> Response:
        """Let a held night go on."""
        return self._turn(nights.release_night)

    @extend_schema(request=None, responses=NightOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str = "") -> Response:
        """Say yes to more cuts than pass alone."""
        return self._turn(nights.approve_night)


@extend_schema_view(list=extend_schema(parameters=[CUSTOMER, OpenApiParameter("night", int)]))
class Decisions(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """What was decided about whom, and why."""

    acts = dict.fromkeys(["take_out", "put_back", "undo"], "dunning.decide")
    queryset = Decision.objects.none()
    serializer_class = DecisionOut

    def get_queryset(self) -> Any:
        rows = self.of_customer(Decision.objects.all())
        wanted = self.request.query_params.get("night", "")
        return rows.filter(night_id=wanted) if wanted.isdecimal() and len(wanted) < 18 else rows

    @extend_schema(request=None, responses=DecisionOut)
    @action(detail=True, methods=["post"], url_path="take-out")
    def take_out(self, request: Request, pk: str = "") -> Response:
        """Leave this customer alone tonight."""
        done = nights.take_out(decision_id=self.get_object().pk, actor=self.actor, now=timezone.now())
        return Response(DecisionOut(done).data)

    @extend_schema(request=None, responses=DecisionOut)
    @action(detail=True, methods=["post"], url_path="put-back")
    def put_back(self, request: Request, pk: str = "") -> Response:
        """Undo take-out."""
        done = nights.put_back(decision_id=self.get_object().pk, actor=self.actor, now=timezone.now())
        return Response(DecisionOut(done).data)

    @extend_schema(request=None, responses=DecisionOut)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str = "") -> Response:
        """Undo what came after a cut: the service is billed, or contracted, again."""
        done = undo_second_step(decision_id=self.get_object().pk, actor=self.actor, now=timezone.now())
        return Response(DecisionOut(done).data)


class CustomerBalance(APIView):
    """What a customer owes and has in favour, by the ledger, with the movements."""

    permission_classes = [Needs.to(read="billing.view")]

    @extend_schema(responses=BalanceOut)
    def get(self, request: Request, customer_id: int) -> Response:
        """The balance of one customer in the provider's currency."""
        customer = get_object_or_404(Customer, pk=customer_id)
        currency = current_tenant().currency

        def of(sums: dict[str, Decimal]) -> Decimal:
            return sums.get(currency, ZERO)

        return Response(
            BalanceOut(
                {
                    "customer": customer.pk,
                    "currency": currency,
                    "receivable": of(receivable(customer.pk)),
                    "credit": of(credit(customer.pk)),
                    "balance": of(balance(customer.pk)),
                    "movements": statement(customer.pk, limit=200),
                }
            ).data
        )
