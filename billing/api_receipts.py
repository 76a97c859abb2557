"""/api/v1/receipts/: comprobantes filed by programs, accepted, corrected, rejected."""

from __future__ import annotations

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

from billing.api import CUSTOMER, KEY, Room, checked, idempotency_key
from billing.api_shapes import PaymentOut, ReasonIn, Rows
from billing.domain.receipt_filing import Claims, file_picture
from billing.domain.receipts import Proof, accept_receipt, correct_receipt, reject_receipt
from billing.models import Receipt
from billing.pictures.examine import BadPicture, too_large
from billing.pictures.uploads import BodyTooLarge, LimitedUpload, bytes_of, from_base64, is_endless
from customers.models import Customer

MOST = 2**62


class ReceiptOut(Rows):
    """A comprobante. `first` is the one that it repeats."""

    class Meta:
        model = Receipt
        fields = [
            "id", "source", "customer", "invoice", "status", "first", "amount", "bank", "reference", "paid_on",
            "payment", "corrections", "reason", "filed_by", "reviewed_by", "reviewed_at", "created_at",
        ]  # fmt: skip


class ClaimsIn(serializers.Serializer[Any]):
    """What the sender says of the payment; all of it may be left out."""

    customer = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3, required=False)
    bank = serializers.CharField(required=False, allow_blank=True, max_length=60)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)
    paid_on = serializers.DateField(required=False)


class ReceiptIn(ClaimsIn):
    """A comprobante as JSON: its file in base64."""

    file = serializers.CharField(help_text="JPG, PNG, WebP, GIF or PDF, in base64.")


class ReceiptUpload(ClaimsIn):
    """A comprobante as a form: its file as it is."""

    file = serializers.FileField(allow_empty_file=True)


class AcceptIn(serializers.Serializer[Any]):
    """What a comprobante says. `invoices` are paid first, in that order; then the oldest."""

    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    customer = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    bank = serializers.CharField(required=False, allow_blank=True, max_length=60)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)
    paid_on = serializers.DateField(required=False)
    invoices = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST), required=False, max_length=50
    )

    @staticmethod
    def as_proof(values: dict[str, Any]) -> Proof:
        """The checked values as the domain takes them."""
        plain = {name: values[name] for name in ("amount", "bank", "reference", "paid_on") if name in values}
        return Proof(customer_id=values.get("customer"), invoice_ids=tuple(values.get("invoices", ())), **plain)


class CorrectIn(AcceptIn):
    """What it really says, why, and instead of which payment: the one that was seen when deciding."""

    reason = serializers.CharField(max_length=200)
    payment = serializers.IntegerField(min_value=1, max_value=MOST)


@extend_schema_view(
    list=extend_schema(parameters=[CUSTOMER, OpenApiParameter("status", str, enum=Receipt.Status.values)])
)
class Receipts(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Comprobantes, newest first."""

    reads = "receipts.review"
    acts = {"create": "receipts.review", "accept": "receipts.review", "reject": "receipts.review"}
    acts |= {"correct": "payments.void"}
    queryset = Receipt.objects.none()
    serializer_class = ReceiptOut

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Let files come in through the limit."""
        request.upload_handlers = [LimitedUpload(request)]
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what nobody would read to its end."""
        if is_endless(request._request):  # noqa: SLF001 -- DRF's own name for Django's request
            raise BodyTooLarge(too_large())
        super().initial(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        rows = self.of_customer(Receipt.objects.all())
        wanted = self.request.query_params.get("status")
        return rows.filter(status=wanted) if wanted else rows

    @extend_schema(
        request={"application/json": ReceiptIn, "multipart/form-data": ReceiptUpload},
        responses={201: ReceiptOut},
        parameters=[KEY],
    )
    def create(self, request: Request) -> Response:
        """File a photo or PDF for review. The same Idempotency-Key again answers with the receipt it made.

        The same bytes under another key answer with status `duplicate` and the `first` they repeat.
        """
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 200:
            raise ValidationError({"Idempotency-Key": [_("Falta el encabezado, o tiene más de 200 letras.")]})
        form = request.content_type.startswith("multipart/")
        values = checked(ReceiptUpload if form else ReceiptIn, request)
        upload, customer = values.pop("file"), values.pop("customer", None)
        if customer is not None:
            get_object_or_404(Customer, pk=customer)
        try:
            receipt = file_picture(
                data=bytes_of(upload) if form else from_base64(upload),
                source=Receipt.Source.API,
                customer_id=customer,
                actor=self.actor,
                now=timezone.now(),
                key=idempotency_key(key),
                claims=Claims(**values),
            )
        except BadPicture as error:
            raise ValidationError({"file": [str(error)]}) from error
        return Response(ReceiptOut(receipt).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AcceptIn, responses={200: PaymentOut})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str = "") -> Response:
        """Book the payment it proves and tell the customer."""
        found, said = self.get_object(), AcceptIn.as_proof(checked(AcceptIn, request))
        payment = accept_receipt(
            receipt_id=found.pk,
            amount=said.amount,
            bank=said.bank,
            reference=said.reference,
            customer_id=said.customer_id,
            paid_on=said.paid_on,
            invoice_ids=said.invoice_ids,
            actor=self.actor,
            now=timezone.now(),
        )
        return Response(PaymentOut(payment).data)

    @extend_schema(request=CorrectIn, responses={200: PaymentOut})
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str = "") -> Response:
        """Undo the payment of an accepted one and book what it really says."""
        found, values = self.get_object(), checked(CorrectIn, request)
        payment = correct_receipt(
            receipt_id=found.pk,
            instead_of=values["payment"],
            proof=CorrectIn.as_proof(values),
            reason=values["reason"],
            actor=self.actor,
            now=timezone.now(),
        )
        return Response(PaymentOut(payment).data)

    @extend_schema(request=ReasonIn, responses=ReceiptOut)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str = "") -> Response:
        """Send it back with a reason the customer reads."""
        found, reason = self.get_object(), checked(ReasonIn, request)["reason"]
        receipt = reject_receipt(receipt_id=found.pk, reason=reason, actor=self.actor, now=timezone.now())
        return Response(ReceiptOut(receipt).data)
