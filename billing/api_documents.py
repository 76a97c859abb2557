"""/api/v1/: documents as PDF, their links, sending them, and the texts they carry."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.documents.answer import pdf_response
from billing.documents.build import LETTER, PAPERS, build_pdf
from billing.documents.links import DocumentRef
from billing.documents.sending import DocumentRefused, send_document
from billing.documents.shelf import NoDocument, customer_of, fresh_link, last_day_of_links, make_sheet
from billing.domain.document_settings import current_document_settings, save_document_settings
from billing.domain.windows import BadWindow, parse_window
from billing.models import DocumentSettings
from customers.tax_ids import BadTaxId, check_tax_id
from events.domain import Actor
from inbox.models import Message
from tenants.current import current_tenant, tenant_today

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)
SINCE = OpenApiParameter("from", OpenApiTypes.DATE, description="El primer día; sin él, desde el principio.")
UNTIL = OpenApiParameter("to", OpenApiTypes.DATE, description="El último día; sin él, hasta hoy.")
PAPER = OpenApiParameter("paper", str, enum=list(PAPERS), description="Carta o rollo de 80 mm.")
PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}


class AnyAccept(DefaultContentNegotiation):
    """Whatever the caller says it accepts: a PDF where it worked, JSON where it did not."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class NotSent(APIException):
    """The document cannot be sent as things stand; the sentence says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class LinkOut(serializers.Serializer[Any]):
    """A signed address that opens the document without a sign-in, up to and including `last_day`."""

    url = serializers.URLField()
    last_day = serializers.DateField()


class SentOut(serializers.ModelSerializer[Message]):
    """The message that carries the document, in line. `as_template`: as a link, not as a file."""

    message = serializers.IntegerField(source="id", read_only=True)

    class Meta:
        model = Message
        fields = ["message", "conversation", "status", "as_template", "body"]


class SettingsShape(serializers.ModelSerializer[DocumentSettings]):
    """What is printed beside the brand."""

    class Meta:
        model = DocumentSettings
        fields = ["legal_name", "tax_id", "fiscal_address", "bank_data", "legal_text", "footer", "link_days"]

    def validate_tax_id(self, value: str) -> str:
        """Compact, and right for the provider's country."""
        try:
            return check_tax_id(value, current_tenant().country)
        except BadTaxId as error:
            raise serializers.ValidationError(str(error)) from error


def answer_pdf(ref: DocumentRef, *, paper: str = LETTER) -> HttpResponse:
    """The document as a file. Raises NotFound, ValidationError for a paper nobody makes."""
    if paper not in PAPERS:
        raise ValidationError({"paper": [_("Elija letter o roll.")]})
    try:
        sheet = make_sheet(ref, today=tenant_today(timezone.now()))
    except NoDocument as error:
        raise NotFound from error
    return pdf_response(build_pdf(sheet, paper=paper), sheet.file_name)


def answer_link(ref: DocumentRef) -> Response:
    """A fresh link."""
    today = tenant_today(timezone.now())
    try:
        customer_of(ref)
    except NoDocument as error:
        raise NotFound from error
    out = LinkOut({"url": fresh_link(ref, today=today), "last_day": last_day_of_links(today)})
    return Response(out.data, status=status.HTTP_201_CREATED)


def answer_sent(ref: DocumentRef, request: Request) -> Response:
    """Put it in line. The same Idempotency-Key again answers with the message it made."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 200:
        raise ValidationError({"Idempotency-Key": [_("Falta el encabezado, o tiene más de 200 letras.")]})
    try:
        message = send_document(ref=ref, key=f"api:{key}", actor=Actor.of_user(request.user), now=timezone.now())
    except NoDocument as error:
        raise NotFound from error
    except DocumentRefused as error:
        raise NotSent(str(error)) from error
    return Response(SentOut(message).data, status=status.HTTP_201_CREATED)


class DocumentActions:
    """What a room of documents adds: `pdf`, `link`, `send`. The room says which `document_kind` it holds."""

    document_kind = ""
    document_acts = {"link": "billing.view", "send": "inbox.reply"}

    def _ref(self) -> DocumentRef:
        return DocumentRef(self.document_kind, self.get_object().pk)  # type: ignore[attr-defined]

    @extend_schema(responses=PDF, parameters=[PAPER])
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccept)
    def pdf(self, request: Request, pk: str = "") -> HttpResponse:
        """The document as PDF."""
        return answer_pdf(self._ref(), paper=request.query_params.get("paper", LETTER))

    @extend_schema(request=None, responses={201: LinkOut})
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: str = "") -> Response:
        """A signed link to the document's page."""
        return answer_link(self._ref())

    @extend_schema(request=None, responses={201: SentOut}, parameters=[KEY])
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str = "") -> Response:
        """Send it to the customer by WhatsApp."""
        return answer_sent(self._ref(), request)


class StatementView(APIView):
    """What the statement's addresses share."""

    permission_classes = [Needs.to(read="billing.view")]

    def ref(self, request: Request, customer_id: int) -> DocumentRef:
        """Which statement is asked for. Raises NotFound, ValidationError."""
        try:
            window = parse_window(request.query_params)
        except BadWindow as error:
            raise ValidationError({error.field: [str(error)]}) from error
        return DocumentRef("statement", customer_id, window.since, window.until)


class CustomerStatementPdf(StatementView):
    """The statement on paper."""

    content_negotiation_class = AnyAccept

    @extend_schema(responses=PDF, parameters=[SINCE, UNTIL])
    def get(self, request: Request, customer_id: int) -> HttpResponse:
        """The statement as PDF."""
        return answer_pdf(self.ref(request, customer_id))


class CustomerStatementLink(StatementView):
    """The statement's link."""

    permission_classes = [Needs.to(read="billing.view", write="billing.view")]

    @extend_schema(request=None, responses={201: LinkOut}, parameters=[SINCE, UNTIL])
    def post(self, request: Request, customer_id: int) -> Response:
        """A signed link; without `to` it goes on with the account."""
        return answer_link(self.ref(request, customer_id))


class CustomerStatementSend(StatementView):
    """The statement on its way."""

    permission_classes = [Needs.to(read="billing.view", write="inbox.reply")]

    @extend_schema(request=None, responses={201: SentOut}, parameters=[SINCE, UNTIL, KEY])
    def post(self, request: Request, customer_id: int) -> Response:
        """Send it to the customer by WhatsApp."""
        return answer_sent(self.ref(request, customer_id), request)


class DocumentTexts(APIView):
    """What is printed beside the brand."""

    permission_classes = [Needs.to(read="billing.view", write="settings.edit")]

    @extend_schema(responses=SettingsShape)
    def get(self, request: Request) -> Response:
        """The texts; empty until somebody writes them."""
        return Response(SettingsShape(current_document_settings()).data)

    @extend_schema(request=SettingsShape, responses=SettingsShape)
    def patch(self, request: Request) -> Response:
        """Change some of them."""
        data = SettingsShape(current_document_settings(), data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        row = save_document_settings(changes=data.validated_data, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(SettingsShape(row).data)


STATEMENT = "customers/<int:customer_id>/statement"
urlpatterns = [
    path(f"{STATEMENT}.pdf", CustomerStatementPdf.as_view(), name="api-statement-pdf"),
    path(f"{STATEMENT}/link/", CustomerStatementLink.as_view(), name="api-statement-link"),
    path(f"{STATEMENT}/send/", CustomerStatementSend.as_view(), name="api-statement-send"),
    path("document-settings/", DocumentTexts.as_view(), name="api-document-settings"),
]
