"""/api/v1/: promises to pay: the list, what could be promised, granting, prolonging and taking back."""

from __future__ import annotations

import hashlib
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api import CUSTOMER, KEY, Conflict, Room, checked, month_of
from billing.api_shapes import Amount, ReasonIn, Rows
from billing.domain.promise_offers import offer_promise
from billing.domain.promise_queries import STATES, PromiseFilter, find_promises
from billing.domain.promises import PromiseRefused, cancel_promise, extend_promise, grant_promise
from billing.models import BillingPolicy, Promise
from customers.models import Customer
from tenants.current import tenant_salt, tenant_today

STAFF = BillingPolicy.Promiser.STAFF


class PromiseOut(Rows):
    """A promise to pay. Times are UTC; `reconnected`: it lifted a cut."""

    invoices = serializers.SlugRelatedField("label", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Promise
        fields = [
            "id", "customer", "amount", "currency", "invoices", "until", "granted_by", "reconnected", "note", "status",
            "settled_at", "settled_reason", "actor_label", "created_at",
        ]  # fmt: skip


class PromiseIn(serializers.Serializer[Any]):
    """A promise to grant: `until` a moment, or `day` to the policy's hour, or neither: as long as the policy allows.

    `override`: why the policy is passed over; needs the permission `billing.policy`.
    """

    customer = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    until = serializers.DateTimeField(required=False, allow_null=True)
    day = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    override = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if values.get("until") and values.get("day"):
            raise ValidationError({"day": [_("Diga un momento o un día, no los dos.")]})
        return values


class ExtendIn(serializers.Serializer[Any]):
    """An open promise made longer, and why."""

    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200)
    override = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class RefusalOut(serializers.Serializer[Any]):
    """Why not: `possible_at` is the earliest moment it would be possible; `yields`: an exception may be made."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    possible_at = serializers.DateTimeField(allow_null=True)
    yields = serializers.BooleanField()


class OfferOut(serializers.Serializer[Any]):
    """What a customer may promise now. `needed`: to pay first; `paid`: since the oldest of the debt fell due."""

    customer = serializers.IntegerField(source="customer_id")
    currency = serializers.CharField()
    owed = Amount()
    paid = Amount()
    needed = Amount()
    cut = serializers.BooleanField()
    last_day = serializers.DateField()
    usual_until = serializers.DateTimeField()
    refusals = RefusalOut(many=True)


def _override(request: Request, values: dict[str, Any]) -> str:
    user: Any = request.user
    reason = str(values.get("override") or "").strip()
    if reason and not user.can("billing.policy"):
        raise ValidationError({"override": [_("Sólo quien puede cambiar la política hace excepciones.")]})
    return reason


@extend_schema_view(
    list=extend_schema(
        parameters=[
            CUSTOMER,
            OpenApiParameter("state", str, enum=STATES),
            OpenApiParameter("q", str, description="A customer as people say them."),
            OpenApiParameter("zone", int),
            OpenApiParameter("month", str, description="Granted in it, as 2026-12."),
        ]
    )
)
class Promises(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Promises to pay, newest first. `state`: open, today (open, lapsing today), kept, broken or cancelled."""

    acts = {"create": "promises.grant", "cancel": "promises.grant", "extend": "promises.grant"}
    queryset = Promise.objects.none()
    serializer_class = PromiseOut

    def get_queryset(self) -> Any:
        params = self.request.query_params
        zone, state = params.get("zone", ""), params.get("state", "")
        if zone and not (zone.isdecimal() and len(zone) < 18):
            raise ValidationError({"zone": [_("Debe ser el número de una zona.")]})
        wanted = PromiseFilter(
            text=params.get("q", "")[:80],
            state=state if state in STATES else "",
            zone_id=int(zone) if zone else None,
            month=month_of(params.get("month", "")),
        )
        rows = find_promises(wanted, today=tenant_today(timezone.now())).prefetch_related("invoices")
        return self.of_customer(rows) if self.action == "list" else rows

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(Conflict(str(exc)) if isinstance(exc, PromiseRefused) else exc)

    @extend_schema(request=PromiseIn, responses={201: PromiseOut}, parameters=[KEY])
    def create(self, request: Request) -> Response:
        """Grant a promise; who is cut comes back at once. The same Idempotency-Key answers with the one it made."""
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 200:
            raise ValidationError({"Idempotency-Key": [_("Falta el encabezado, o tiene más de 200 letras.")]})
        values = checked(PromiseIn, request)
        customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=values["customer"])
        promise = grant_promise(
            customer_id=customer.pk,
            until=values.get("until") or values.get("day"),
            by=STAFF,
            actor=self.actor,
            key="api:" + hashlib.sha256(f"{tenant_salt('promise')}:{key}".encode()).hexdigest(),
            now=timezone.now(),
            note=values["note"],
            override=_override(request, values),
        )
        return Response(PromiseOut(promise).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ExtendIn, responses=PromiseOut)
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, pk: str = "") -> Response:
        """Let an open promise run longer."""
        values, found = checked(ExtendIn, request), self.get_object()
        values["override"] = _override(request, values)
        extend_promise(promise_id=found.pk, actor=self.actor, now=timezone.now(), **values)
        return Response(PromiseOut(self.get_object()).data)

    @extend_schema(request=ReasonIn, responses=PromiseOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str = "") -> Response:
        """Take an open promise back. Nobody is cut now: the next night decides."""
        found = self.get_object()
        reason = checked(ReasonIn, request)["reason"]
        cancel_promise(promise_id=found.pk, reason=reason, actor=self.actor, now=timezone.now())
        return Response(PromiseOut(self.get_object()).data)


class CustomerPromise(APIView):
    """What a customer could promise now."""

    permission_classes = [Needs.to(read="billing.view")]

    @extend_schema(responses=OfferOut)
    def get(self, request: Request, customer_id: int) -> Response:
        """What is due, until when it may be promised, and what stands against it."""
        customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=customer_id)
        return Response(OfferOut(offer_promise(customer_id=customer.pk, by=STAFF, now=timezone.now())).data)


urlpatterns = [
    path("customers/<int:customer_id>/promise-offer/", CustomerPromise.as_view(), name="api-customer-promise-offer"),
]
