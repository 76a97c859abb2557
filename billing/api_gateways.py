"""/api/v1/: accounts at gateways, and asking customers for money through them."""

from __future__ import annotations

import hashlib
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import CUSTOMER, KEY, Conflict, Room, checked
from billing.api_shapes import Amount, Rows
from billing.domain.gateway_refunds import ask_refund, send_refund
from billing.domain.payment_requests import (
    RequestRefused,
    cancel_request,
    create_request,
    open_request,
    request_link,
)
from billing.models import GatewayAccount, GatewayPayment, GatewayRefund, PaymentRequest
from customers.models import Customer
from tenants.current import tenant_salt


class AccountOut(serializers.ModelSerializer[GatewayAccount]):
    """An account at a gateway. Its secrets are never told."""

    class Meta:
        model = GatewayAccount
        fields = ["id", "kind", "name", "is_active", "for_customers", "checked_at", "trouble"]


class ArrivalOut(Rows):
    """Money that came for a request. `payment`: what was booked; none for what waits for a person, as `note` says."""

    amount = serializers.DecimalField(max_digits=16, decimal_places=3, read_only=True)

    class Meta:
        model = GatewayPayment
        fields = ["id", "external_id", "amount", "currency", "paid_at", "refunded", "state", "payment", "note"]


class RequestOut(Rows):
    """Money asked of a customer. `link` is the page that shows it; `url` the gateway's own."""

    link = serializers.SerializerMethodField()
    arrivals = ArrivalOut(many=True, read_only=True)

    class Meta:
        model = PaymentRequest
        fields = [
            "id", "uuid", "customer", "account", "invoices", "amount", "currency", "way", "description", "status",
            "paid", "link", "url", "voucher", "barcode", "instructions", "expires_at", "created_at", "actor_label",
            "trouble", "arrivals",
        ]  # fmt: skip

    def get_link(self, row: PaymentRequest) -> str:
        """The page on the provider's own domain."""
        return request_link(row)


class RequestIn(serializers.Serializer[Any]):
    """A request to make: through which account, for how much, and for which invoices."""

    customer = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    account = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    way = serializers.ChoiceField(choices=PaymentRequest.Way.choices, default=PaymentRequest.Way.LINK)
    invoices = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, default=list, max_length=100
    )


class GatewayRefundIn(serializers.Serializer[Any]):
    """How much goes back through the gateway, and why."""

    arrival = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    reason = serializers.CharField(max_length=200)


class GatewayRefundOut(serializers.ModelSerializer[GatewayRefund]):
    """A refund through the gateway, on its way or done."""

    amount = Amount(read_only=True)

    class Meta:
        model = GatewayRefund
        fields = ["id", "arrival", "amount", "reason", "status", "trouble", "created_at"]


class GatewayAccounts(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """The accounts that are connected."""

    queryset = GatewayAccount.objects.order_by("-id")
    serializer_class = AccountOut


@extend_schema_view(
    list=extend_schema(parameters=[CUSTOMER, OpenApiParameter("status", str, enum=PaymentRequest.Status.values)])
)
class PaymentRequests(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Money asked of customers, newest first."""

    acts = {"create": "payments.record", "cancel": "payments.record", "refund": "payments.refund"}
    queryset = PaymentRequest.objects.none()
    serializer_class = RequestOut

    def get_queryset(self) -> Any:
        rows = PaymentRequest.objects.prefetch_related("invoices", "arrivals").order_by("-id")
        wanted = self.request.query_params.get("status", "")
        if wanted and wanted not in PaymentRequest.Status.values:
            raise ValidationError({"status": [_("No hay ese estado.")]})
        return self.of_customer(rows.filter(status=wanted) if wanted else rows)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(Conflict(str(exc)) if isinstance(exc, RequestRefused) else exc)

    @extend_schema(request=RequestIn, responses={201: RequestOut}, parameters=[KEY])
    def create(self, request: Request) -> Response:
        """Ask for money. The same Idempotency-Key again answers with the request it made."""
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 200:
            raise ValidationError({"Idempotency-Key": [_("Falta el encabezado, o tiene más de 200 letras.")]})
        values, now = checked(RequestIn, request), timezone.now()
        row = create_request(
            account=get_object_or_404(GatewayAccount, pk=values["account"]),
            customer_id=get_object_or_404(Customer, pk=values["customer"]).pk,
            amount=values["amount"],
            way=values["way"],
            invoice_ids=values["invoices"],
            actor=self.actor,
            key="api:" + hashlib.sha256(f"{tenant_salt('payment-request')}:{key}".encode()).hexdigest(),
            now=now,
        )
        open_request(request_id=row.pk, now=now)
        return Response(RequestOut(self.get_queryset().get(pk=row.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=RequestOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str = "") -> Response:
        """End a request that nobody paid."""
        cancel_request(request_id=self.get_object().pk, actor=self.actor, now=timezone.now())
        return Response(RequestOut(self.get_object()).data)

    @extend_schema(request=GatewayRefundIn, responses={201: GatewayRefundOut})
    @action(detail=True, methods=["post"])
    def refund(self, request: Request, pk: str = "") -> Response:
        """Give back, through the gateway, a part or all of what arrived."""
        values, now = checked(GatewayRefundIn, request), timezone.now()
        arrival = get_object_or_404(GatewayPayment, pk=values["arrival"], request=self.get_object())
        row = ask_refund(
            arrival_id=arrival.pk, amount=values["amount"], reason=values["reason"], actor=self.actor, now=now
        )
        row = send_refund(refund_id=row.pk, now=now)
        return Response(GatewayRefundOut(row).data, status=status.HTTP_201_CREATED)
