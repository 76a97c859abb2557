"""/api/v1/: credit notes, and debts written off."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api import Conflict, Room, checked
from billing.api_documents import DocumentActions
from billing.api_shapes import Amount, InvoiceWhole, ReasonIn, Rows
from billing.domain.credit_notes import CreditRefused, LineCredit, issue_credit_note, write_off_invoice
from billing.domain.creditable import LineLeft, invoice_left, lines_left
from billing.domain.money import BadAmount
from billing.models import CreditNote, CreditNoteLine, Invoice
from events.domain import Actor


class NoteLineOut(Rows):
    """What of which charge was given back."""

    class Meta:
        model = CreditNoteLine
        fields = ["description", "net", "tax", "withheld", "total"]


class CreditNoteOut(Rows):
    """A document that takes back a part of an invoice. Of `total`, `applied` lowered the invoice."""

    class Meta:
        model = CreditNote
        fields = [
            "id", "customer", "invoice", "label", "number", "issued_on", "subtotal", "tax", "withheld", "total",
            "applied", "currency", "reason", "taxes", "actor_label", "created_at",
        ]  # fmt: skip


class CreditNoteWhole(CreditNoteOut):
    """A credit note with its lines."""

    lines = NoteLineOut(many=True, read_only=True)

    class Meta(CreditNoteOut.Meta):
        fields = [*CreditNoteOut.Meta.fields, "lines"]


class NoteLineIn(serializers.Serializer[Any]):
    """One line to credit; without `amount`, all that is left of it."""

    line = serializers.IntegerField(min_value=1, max_value=2**62)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3, required=False, allow_null=True)


class CreditNoteIn(serializers.Serializer[Any]):
    """What to take back: an `amount`, some `lines`, or without either all that is left."""

    reason = serializers.CharField(max_length=200)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3, required=False, allow_null=True)
    lines = serializers.ListField(child=NoteLineIn(), required=False, max_length=200)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """An amount or lines, not both."""
        if values.get("amount") is not None and values.get("lines"):
            raise serializers.ValidationError({"amount": [_("Un monto o líneas, no las dos cosas.")]})
        return values


class LineLeftOut(serializers.Serializer[Any]):
    """What is left to credit of one line."""

    line = serializers.IntegerField(source="line.pk")
    description = serializers.CharField(source="line.description")
    total = Amount(source="line.total")
    left = Amount(source="left.total")


class CreditableOut(serializers.Serializer[Any]):
    """What is left to credit of an invoice."""

    left = Amount()
    lines = LineLeftOut(many=True)


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("customer", int), OpenApiParameter("invoice", int)])
)
class CreditNotes(DocumentActions, mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Credit notes, newest first."""

    document_kind = "credit_note"
    acts = DocumentActions.document_acts
    queryset = CreditNote.objects.none()

    def get_queryset(self) -> Any:
        rows = self.of_customer(CreditNote.objects.all())
        invoice = self.request.query_params.get("invoice", "")
        rows = rows.filter(invoice_id=invoice) if invoice.isdecimal() and len(invoice) < 18 else rows
        return rows if self.action == "list" else rows.prefetch_related("lines")

    def get_serializer_class(self) -> Any:
        return CreditNoteOut if self.action == "list" else CreditNoteWhole


class Correcting(APIView):
    """What takes an invoice back: who may, and refusals as sentences."""

    permission_classes = [Needs.to(read="billing.view", write="billing.correct")]

    def handle_exception(self, exc: Exception) -> Response:
        refused = isinstance(exc, (CreditRefused, BadAmount))
        return super().handle_exception(Conflict(str(exc)) if refused else exc)

    @property
    def who(self) -> dict[str, Any]:
        """Who calls, and when."""
        return {"actor": Actor.of_user(self.request.user), "now": timezone.now()}


class InvoiceCredit(Correcting):
    """The credit of one invoice."""

    @extend_schema(responses=CreditableOut)
    def get(self, request: Request, pk: int) -> Response:
        """What is left to credit, by line."""
        lines: list[LineLeft] = lines_left(get_object_or_404(Invoice, pk=pk))
        return Response(CreditableOut({"left": invoice_left(lines), "lines": lines}).data)

    @extend_schema(request=CreditNoteIn, responses={201: CreditNoteWhole})
    def post(self, request: Request, pk: int) -> Response:
        """Issue a credit note."""
        invoice, values = get_object_or_404(Invoice, pk=pk), checked(CreditNoteIn, request)
        lines = [LineCredit(line["line"], line.get("amount")) for line in values.get("lines") or []]
        note = issue_credit_note(
            invoice_id=invoice.pk,
            reason=values["reason"],
            amount=values.get("amount"),
            lines=lines or None,
            **self.who,
        )
        return Response(CreditNoteWhole(note).data, 201)


class InvoiceWriteOff(Correcting):
    """A debt given up."""

    @extend_schema(request=ReasonIn, responses=InvoiceWhole)
    def post(self, request: Request, pk: int) -> Response:
        """Give up what is still owed of an invoice."""
        invoice = get_object_or_404(Invoice, pk=pk)
        write_off_invoice(invoice_id=invoice.pk, reason=checked(ReasonIn, request)["reason"], **self.who)
        whole = Invoice.objects.with_owed().prefetch_related("lines", "taxes").get(pk=pk)
        return Response(InvoiceWhole(whole).data)


urlpatterns = [
    path("invoices/<int:pk>/credit/", InvoiceCredit.as_view(), name="api-invoice-credit"),
    path("invoices/<int:pk>/write-off/", InvoiceWriteOff.as_view(), name="api-invoice-write-off"),
]
