"""/api/v1/: customers and what they contracted."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from customers.domain.listing import Query, select_customers, services_with_holds
from customers.domain.people import change_customer, create_customer
from customers.domain.services import ServiceRefused, add_service, change_service
from customers.domain.standing import Clock, standing_of
from customers.domain.tax_terms import TaxTermsRefused, check_tax_terms
from customers.models import Contact, Customer, Hold, Service, Tax
from customers.phones import parse_phones
from events.domain import Actor
from tenants.current import current_tenant, tenant_zone

WRITES = "customers.edit"
# The list's own words are in the interface's language; a program speaks English.
STATES = {
    "active": "activo",
    "cut": "cortado",
    "paused": "pausa",
    "free": "gratis",
    "cancelled": "cancelado",
    "none": "sin",
}


class PhoneField(serializers.CharField):
    """A phone, kept as E.164; written as people write it."""

    def to_internal_value(self, data: Any) -> str:
        """Return the one number in the text. Raises ValidationError."""
        found = parse_phones(super().to_internal_value(data), current_tenant().country)
        if len(found) != 1:
            raise serializers.ValidationError(_("No es un teléfono completo: escríbalo con + y el país."))
        return found[0]


class ContactOut(serializers.ModelSerializer[Contact]):
    """A way to reach a customer."""

    class Meta:
        model = Contact
        fields = ["kind", "value", "is_primary", "opted_out"]


class HoldOut(serializers.ModelSerializer[Hold]):
    """A reason for a service to be off."""

    class Meta:
        model = Hold
        fields = ["reason", "source", "since", "until", "detail", "opened_by"]


class ServiceOut(serializers.ModelSerializer[Service]):
    """What was contracted. `state` says it in one word, `words` as a person would."""

    plan_name = serializers.CharField(source="plan.name", read_only=True)
    monthly_price = serializers.DecimalField(max_digits=14, decimal_places=3, read_only=True)
    holds = HoldOut(source="open_holds", many=True, read_only=True)
    state = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = [
            "id", "code", "customer", "plan", "plan_name", "zone", "price", "monthly_price", "status", "state", "words",
            "holds", "installed_on", "ended_on", "never_cut_until", "address", "notes", "external_ref", "created_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=["active", "cut", "paused", "over"]))
    def get_state(self, service: Any) -> str:
        """Return the state in one word."""
        return self._standing(service).kind

    def get_words(self, service: Any) -> str:
        """Return the state as a person would say it."""
        return self._standing(service).words

    def _standing(self, service: Any) -> Any:
        return standing_of(service, service.open_holds, Clock(timezone.now(), tenant_zone()))


class CustomerOut(serializers.ModelSerializer[Customer]):
    """A customer with how to reach them."""

    contacts = ContactOut(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = [
            "id", "code", "name", "national_id", "email", "address", "locality", "city", "latitude", "longitude",
            "notes", "zone", "tax_id", "tax_exempt", "tax_exempt_reason", "withholdings", "external_ref", "created_at",
            "contacts",
        ]  # fmt: skip


class CustomerIn(serializers.ModelSerializer[Customer]):
    """What can be written of a customer. `phones` are all their numbers, the main one first."""

    phones = serializers.ListField(child=PhoneField(), required=False, max_length=10)
    tax_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text=_("RFC, RUC, NIT, RUT, CUIT, CNPJ…"),
    )
    withholdings = serializers.PrimaryKeyRelatedField(
        many=True, required=False, queryset=Tax.objects.filter(kind=Tax.Kind.WITHHELD, is_active=True)
    )

    class Meta:
        model = Customer
        fields = [
            "name", "national_id", "email", "address", "locality", "city", "latitude", "longitude", "notes", "zone",
            "tax_id", "tax_exempt", "tax_exempt_reason", "withholdings", "phones",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse tax terms that make no sense, each at its field."""
        try:
            return check_tax_terms(attrs, self.instance)
        except TaxTermsRefused as refused:
            raise serializers.ValidationError({name: [text] for name, text in refused.errors.items()}) from None


class ServiceIn(serializers.ModelSerializer[Service]):
    """What can be written of a service. To end one, see the desk's routes."""

    status = serializers.ChoiceField(
        choices=[(Service.Status.ACTIVE, _("Se cobra")), (Service.Status.FREE, _("Gratis"))], required=False
    )
    price = serializers.DecimalField(max_digits=14, decimal_places=3, min_value=0, allow_null=True, required=False)

    class Meta:
        model = Service
        fields = ["plan", "zone", "price", "status", "installed_on", "never_cut_until", "address", "notes"]


CUSTOMER_FILTERS = [
    OpenApiParameter("q", str, description="Name, code, phone, national id, PPPoE user or IP."),
    OpenApiParameter("zone", int),
    OpenApiParameter("plan", int),
    OpenApiParameter("state", str, enum=list(STATES)),
    OpenApiParameter("external_ref", str),
]


class Customers(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Customer]):
    """Customers, the newest first."""

    serializer_class = CustomerOut
    permission_classes = [Needs.to(read="customers.view", write=WRITES)]
    queryset = Customer.objects.none()

    def get_queryset(self) -> Any:
        """Return what the key may see, narrowed as the address says."""
        asked = self.request.query_params
        spanish = {"q": "q", "zone": "zona", "plan": "plan", "state": "estado"}
        chosen = {ours: asked[name] for name, ours in spanish.items() if name in asked}
        chosen["estado"] = STATES.get(chosen.get("estado", ""), "")
        query = Query.read(chosen, self.request.user)
        found = select_customers(query, user=self.request.user, now=timezone.now())
        if reference := asked.get("external_ref"):
            found = found.filter(external_ref=reference)
        return found.prefetch_related("contacts", "withholdings")

    @extend_schema(parameters=CUSTOMER_FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List customers."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=CustomerIn, responses={201: CustomerOut})
    def create(self, request: Request) -> Response:
        """Register a customer; they get the next number."""
        data = CustomerIn(data=request.data)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        phones = fields.pop("phones", [])
        made = create_customer(fields=fields, phones=phones, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(CustomerOut(made).data, status=201)

    @extend_schema(request=CustomerIn, responses=CustomerOut)
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change what is sent; the rest stays."""
        customer = self.get_object()
        data = CustomerIn(customer, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        phones = fields.pop("phones", None)
        changed = change_customer(
            customer_id=customer.pk,
            fields=fields,
            phones=phones,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return Response(CustomerOut(changed).data)


class Services(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Service]):
    """Services, the newest first, each with its open holds."""

    serializer_class = ServiceOut
    permission_classes = [Needs.to(read="customers.view", write=WRITES)]
    queryset = Service.objects.none()

    def get_queryset(self) -> Any:
        """Return what the key may see, narrowed as the address says."""
        found = services_with_holds(timezone.now()).queryset.visible_to(self.request.user).order_by()
        for name in ("customer", "plan", "zone"):
            if value := self.request.query_params.get(name):
                found = found.filter(**{f"{name}_id": int(value)}) if value.isdecimal() else found.none()
        for name in ("status", "external_ref"):
            if value := self.request.query_params.get(name):
                found = found.filter(**{name: value})
        return found

    @extend_schema(
        parameters=[
            OpenApiParameter("customer", int),
            OpenApiParameter("plan", int),
            OpenApiParameter("zone", int),
            OpenApiParameter("status", str, enum=Service.Status.values),
            OpenApiParameter("external_ref", str),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List services."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=ServiceIn, responses={201: ServiceOut})
    def create(self, request: Request, customer: int) -> Response:
        """Contract a service for a customer."""
        owner = Customer.objects.visible_to(request.user).filter(pk=customer)
        if not owner.exists():
            raise serializers.ValidationError({"customer": [_("Ese cliente no existe.")]})
        data = ServiceIn(data=request.data)
        data.is_valid(raise_exception=True)
        made = add_service(
            customer_id=customer, fields=data.validated_data, actor=Actor.of_user(request.user), now=timezone.now()
        )
        return Response(self._shown(made), status=201)

    @extend_schema(request=ServiceIn, responses=ServiceOut)
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change what is sent; the rest stays. A cancelled service stays as it is.

        Another plan or price counts from today, and what was charged of it is given back: to see how much before, or
        to choose another day, see `services/{id}/plan-changes/`.
        """
        service = self.get_object()
        if service.status == Service.Status.CANCELLED:
            raise serializers.ValidationError({"status": [_("El servicio está cancelado: ya no cambia.")]})
        data = ServiceIn(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        try:
            changed = change_service(
                service_id=service.pk, fields=data.validated_data, actor=Actor.of_user(request.user), now=timezone.now()
            )
        except ServiceRefused as error:
            raise serializers.ValidationError({error.field or "plan": [str(error)]}) from None
        return Response(self._shown(changed))

    def _shown(self, service: Service) -> Any:
        return ServiceOut(services_with_holds(timezone.now()).queryset.get(pk=service.pk)).data
