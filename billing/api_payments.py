"""/api/v1/: payments, what one would do, money given back, and cash drawers."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import CUSTOMER, KEY, Room, checked, idempotency_key
from billing.api_documents import DocumentActions
from billing.api_shapes import Amount, PaymentIn, PaymentOut, ReasonIn, Rows
from billing.domain.allocation import Choice
from billing.domain.drawer_report import drawers_seen_by
from billing.domain.payment_preview import preview_payment
from billing.domain.payments import record_payment, void_payment
from billing.domain.refunds import refund_credit, refund_payment
from billing.models import CashDrawer, DrawerMovement, Payment, Refund
from customers.models import Customer


class RefundIn(serializers.Serializer[Any]):
    """Money going back."""

    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    method = serializers.ChoiceField(choices=Payment.Method.choices)
    reason = serializers.CharField(max_length=200)
    account = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    external_reference = serializers.CharField(required=False, allow_blank=True, max_length=120)


class CreditRefundIn(RefundIn):
    """What a customer has in favour going back."""

    customer = serializers.IntegerField(min_value=1, max_value=2**62)


class RefundOut(Rows):
    """Money given back: what came from credit, and the invoices that are owed again."""

    class Meta:
        model = Refund
        fields = [
            "id", "customer", "payment", "amount", "currency", "method", "account", "reason", "external_reference",
            "from_credit", "reopened", "actor_label", "created_at",
        ]  # fmt: skip


class InvoiceAfterOut(serializers.Serializer[Any]):
    """What an invoice would get and keep owing."""

    invoice = serializers.IntegerField(source="invoice.pk")
    label = serializers.CharField(source="invoice.label")  # type: ignore[assignment]  # a field that is called so
    part = Amount()
    left = Amount()


class PaymentPreviewOut(serializers.Serializer[Any]):
    """What a payment would do; `needed` is what is missing to reconnect, `fee` what coming back adds."""

    amount = Amount()
    currency = serializers.CharField()
    invoices = InvoiceAfterOut(many=True)
    credit = Amount()
    owed_after = Amount()
    cut = serializers.BooleanField()
    reconnects = serializers.BooleanField()
    needed = Amount()
    fee = Amount()
    sentence = serializers.CharField()


class MovementOfDrawerOut(Rows):
    """What put cash into a drawer or took it out."""

    class Meta:
        model = DrawerMovement
        fields = ["id", "kind", "amount", "payment", "refund", "note", "actor_label", "created_at"]


class DrawerOut(Rows):
    """A cash drawer; what was expected and counted once it is closed."""

    difference = Amount(read_only=True, allow_null=True)

    class Meta:
        model = CashDrawer
        fields = [
            "id", "account", "currency", "cashier_id", "cashier_label", "opened_at", "opening", "closed_at",
            "closed_by", "expected", "counted", "difference", "denominations", "note",
        ]  # fmt: skip


class DrawerWhole(DrawerOut):
    """A drawer with its movements."""

    movements = MovementOfDrawerOut(many=True, read_only=True)

    class Meta(DrawerOut.Meta):
        fields = [*DrawerOut.Meta.fields, "movements"]


def key_of(request: Request) -> str:
    """The caller's key as it is stored. Raises ValidationError without one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 200:
        raise ValidationError({"Idempotency-Key": [_("Falta el encabezado, o tiene más de 200 letras.")]})
    return idempotency_key(key)


def parts_in(values: dict[str, Any]) -> dict[int, Any] | None:
    """The parts asked for, by invoice; None when the oldest go first. Raises ValidationError for a repeated one."""
    if "parts" not in values:
        return None
    parts = {row["invoice"]: row["amount"] for row in values["parts"]}
    if len(parts) != len(values["parts"]):
        raise ValidationError({"parts": [_("Una factura está dos veces.")]})
    return parts


@extend_schema_view(list=extend_schema(parameters=[CUSTOMER]))
class Payments(DocumentActions, mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Payments, newest first."""

    document_kind = "payment"
    acts = {
        "create": "payments.record",
        "preview": "payments.record",
        "void": "payments.void",
        "refund": "payments.refund",
        **DocumentActions.document_acts,
    }
    queryset = Payment.objects.none()
    serializer_class = PaymentOut

    def get_queryset(self) -> Any:
        return self.of_customer(Payment.objects.prefetch_related("allocations__invoice"))

    @extend_schema(request=PaymentIn, responses={201: PaymentOut}, parameters=[KEY])
    def create(self, request: Request) -> Response:
        """Book a payment. The same Idempotency-Key again answers with the payment it made."""
        key, values, now = key_of(request), checked(PaymentIn, request), timezone.now()
        customer = get_object_or_404(Customer, pk=values["customer"])
        payment = record_payment(
            customer_id=customer.pk,
            amount=values["amount"],
            method=values["method"],
            reference=values.get("reference", ""),
            received_at=values.get("received_at") or now,
            invoice_ids=values.get("invoices"),
            parts=parts_in(values),
            account_id=values.get("account"),
            record_only=self._record_only(values),
            repeated=values.get("repeated", False),
            actor=self.actor,
            key=key,
            now=now,
        )
        return Response(PaymentOut(payment).data, status=status.HTTP_201_CREATED)

    def _record_only(self, values: dict[str, Any]) -> str:
        """Why not to reconnect; only who decides about cuts may say so."""
        why = str(values.get("record_only", "")).strip()
        user = self.request.user
        if why and not (user.is_authenticated and user.can("dunning.decide")):
            raise PermissionDenied
        return why

    @extend_schema(request=PaymentIn, responses=PaymentPreviewOut)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What a payment would do to each invoice and to a cut; nothing is written."""
        values = checked(PaymentIn, request)
        found = preview_payment(
            customer=get_object_or_404(Customer, pk=values["customer"]),
            amount=values["amount"],
            now=timezone.now(),
            choice=Choice(values.get("invoices") or (), parts_in(values)),
            record_only=self._record_only(values),
        )
        return Response(PaymentPreviewOut(found).data)

    @extend_schema(request=ReasonIn, responses=PaymentOut)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str = "") -> Response:
        """Take a payment back."""
        found = self.get_object()
        reason = checked(ReasonIn, request)["reason"]
        void_payment(payment_id=found.pk, reason=reason, actor=self.actor, now=timezone.now())
        return Response(PaymentOut(self.get_object()).data)

    @extend_schema(request=RefundIn, responses={201: RefundOut}, parameters=[KEY])
    @action(detail=True, methods=["post"])
    def refund(self, request: Request, pk: str = "") -> Response:
        """Give it back, whole or in part. The same Idempotency-Key again answers with the refund it made."""
        found, key, values = self.get_object(), key_of(request), checked(RefundIn, request)
        account = values.pop("account", None)
        refund = refund_payment(
            payment_id=found.pk, account_id=account, actor=self.actor, key=key, now=timezone.now(), **values
        )
        return Response(RefundOut(refund).data, status=status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(parameters=[CUSTOMER]))
class Refunds(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Money given back, newest first. Creating one gives back what a customer has in favour."""

    acts = {"create": "payments.refund"}
    queryset = Refund.objects.none()
    serializer_class = RefundOut

    def get_queryset(self) -> Any:
        return self.of_customer(Refund.objects.order_by("-created_at", "-id"))

    @extend_schema(request=CreditRefundIn, responses={201: RefundOut}, parameters=[KEY])
    def create(self, request: Request) -> Response:
        """Give back credit. The same Idempotency-Key again answers with the refund it made."""
        key, values = key_of(request), checked(CreditRefundIn, request)
        customer = get_object_or_404(Customer, pk=values.pop("customer"))
        account = values.pop("account", None)
        refund = refund_credit(
            customer_id=customer.pk, account_id=account, actor=self.actor, key=key, now=timezone.now(), **values
        )
        return Response(RefundOut(refund).data, status=status.HTTP_201_CREATED)


class CashDrawers(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Everybody's cash drawers, newest first."""

    reads = "drawers.audit"
    queryset = CashDrawer.objects.none()

    def get_queryset(self) -> Any:
        rows = drawers_seen_by(0, everybody=True)
        return rows if self.action == "list" else rows.prefetch_related("movements")

    def get_serializer_class(self) -> Any:
        return DrawerOut if self.action == "list" else DrawerWhole
