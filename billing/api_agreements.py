"""/api/v1/: what is agreed with one service: terms, extras, discounts and changes of plan."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api import Conflict, checked
from billing.api_shapes import Amount, Rows
from billing.domain.contracts import TermsRefused, agree_terms, contract_of, term_end
from billing.domain.discounts import add_discount, end_discount
from billing.domain.extras import add_extra, cancel_extra, end_extra
from billing.domain.plan_changes import NOW, PERIOD_END, cancel_change, change_plan, default_when, preview_change
from billing.models import Contract, Discount, Extra, PlanChange
from customers.models import Plan, Service
from events.domain import Actor


class ExtraOut(Rows):
    """A charge beside the plan. `amount` is of one time, or of one month when recurring."""

    class Meta:
        model = Extra
        fields = [
            "id", "service", "kind", "category", "description", "amount", "taxed", "starts_on", "ends_on", "billed_at",
            "cancelled_at", "cancelled_by", "created_by", "created_at",
        ]  # fmt: skip


class ExtraIn(serializers.Serializer[Any]):
    """A charge to agree. `starts_on` without it is today; `ends_on` is the last day of a recurring one."""

    kind = serializers.ChoiceField(choices=Extra.Kind.choices)
    category = serializers.ChoiceField(choices=Extra.Category.choices, default=Extra.Category.OTHER)
    description = serializers.CharField(max_length=120)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    taxed = serializers.BooleanField(default=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)


class LastDayIn(serializers.Serializer[Any]):
    """The last day it counts."""

    ends_on = serializers.DateField()


class EndDiscountIn(serializers.Serializer[Any]):
    """The last day it counts; without it, it is taken away from now on."""

    ends_on = serializers.DateField(required=False, allow_null=True)


class DiscountOut(Rows):
    """Less to pay of a service's plan. `value` is an amount a period, or a percentage."""

    class Meta:
        model = Discount
        fields = [
            "id", "service", "kind", "value", "description", "starts_on", "ends_on", "periods", "cancelled_at",
            "cancelled_by", "created_by", "created_at",
        ]  # fmt: skip


class DiscountIn(serializers.Serializer[Any]):
    """A discount to agree: until `ends_on`, for that many `periods`, or until somebody ends it."""

    kind = serializers.ChoiceField(choices=Discount.Kind.choices)
    value = serializers.DecimalField(max_digits=16, decimal_places=3)
    description = serializers.CharField(max_length=120)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    periods = serializers.IntegerField(required=False, allow_null=True, min_value=-(2**31), max_value=2**31)


class ContractOut(Rows):
    """A service's own terms. `term_ends` is the last day of the minimum term."""

    term_ends = serializers.SerializerMethodField()

    class Meta:
        model = Contract
        fields = ["starts_on", "trial_days", "term_months", "termination", "termination_value", "term_ends"]

    def get_term_ends(self, contract: Contract) -> str | None:
        """The last day of the minimum term; null without one."""
        day = term_end(contract.service, contract)
        return day.isoformat() if day else None


class ContractIn(serializers.Serializer[Any]):
    """A service's terms. Empty `starts_on` is the installation's, empty `trial_days` the policy's."""

    starts_on = serializers.DateField(allow_null=True, default=None)
    trial_days = serializers.IntegerField(allow_null=True, default=None, min_value=-(2**31), max_value=2**31)
    term_months = serializers.IntegerField(default=0, min_value=-(2**31), max_value=2**31)
    termination = serializers.ChoiceField(choices=Contract.Termination.choices, default=Contract.Termination.NONE)
    termination_value = serializers.DecimalField(max_digits=16, decimal_places=3, default=Decimal(0))


class PlanChangeOut(Rows):
    """A change of plan or of own price: done, scheduled or cancelled."""

    class Meta:
        model = PlanChange
        fields = [
            "id", "service", "effective_on", "old_plan", "old_price", "new_plan", "new_price", "rule", "status",
            "created_by", "created_at",
        ]  # fmt: skip


class PlanChangeIn(serializers.Serializer[Any]):
    """`when`: "now", "period_end", or "day" with `day`; without it as the policy has it. No `price`: the plan's."""

    plan = serializers.PrimaryKeyRelatedField(queryset=Plan.objects.all())
    price = serializers.DecimalField(max_digits=16, decimal_places=3, required=False, allow_null=True, default=None)
    when = serializers.ChoiceField(choices=[NOW, PERIOD_END, "day"], required=False)
    day = serializers.DateField(required=False, allow_null=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Ask for the day when it is needed."""
        if values.get("when") == "day" and not values.get("day"):
            raise ValidationError({"day": [_("Diga qué día.")]})
        return values


class PlanChangePreviewOut(serializers.Serializer[Any]):
    """What a change would do: the credit note now, and what the next invoice charges of those days."""

    effective_on = serializers.DateField()
    scheduled = serializers.BooleanField()
    given_back = Amount()
    to_charge = Amount()
    days = serializers.IntegerField()
    sentence = serializers.CharField()


class Agreed(APIView):
    """What these routes share: who may, which service, and refusals as sentences on their field."""

    permission_classes = [Needs.to(read="customers.view", write="customers.edit")]

    def service(self, pk: int) -> Service:
        """The service, if the caller may see it."""
        services = Service.objects.visible_to(self.request.user).select_related("plan", "customer")
        found: Service = get_object_or_404(services, pk=pk)
        return found

    def of(self, model: Any, pk: int) -> Any:
        """A row of a service that the caller may see."""
        row = get_object_or_404(model, pk=pk)
        self.service(row.service_id)
        return row

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, TermsRefused):
            exc = ValidationError({exc.field: [str(exc)]}) if exc.field else Conflict(str(exc))
        return super().handle_exception(exc)

    @property
    def who(self) -> dict[str, Any]:
        """Who calls, and when."""
        return {"actor": Actor.of_user(self.request.user), "now": timezone.now()}


class ServiceExtras(Agreed):
    """The extras of a service."""

    @extend_schema(responses=ExtraOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List them, the newest first."""
        return Response(ExtraOut(self.service(pk).extras.order_by("-id"), many=True).data)

    @extend_schema(request=ExtraIn, responses={201: ExtraOut})
    def post(self, request: Request, pk: int) -> Response:
        """Agree a charge: the next run charges it."""
        service = self.service(pk)
        return Response(ExtraOut(add_extra(service_id=service.pk, **checked(ExtraIn, request), **self.who)).data, 201)


class ExtraEnd(Agreed):
    """Ends a recurring extra."""

    @extend_schema(request=LastDayIn, responses=ExtraOut)
    def post(self, request: Request, pk: int) -> Response:
        """Give it its last day. Days charged after it are given back with a credit note."""
        extra = self.of(Extra, pk)
        end_extra(extra_id=extra.pk, **checked(LastDayIn, request), **self.who)
        return Response(ExtraOut(self.of(Extra, pk)).data)


class ExtraCancel(Agreed):
    """Takes an extra away."""

    @extend_schema(request=None, responses=ExtraOut)
    def post(self, request: Request, pk: int) -> Response:
        """Take away one that was never charged."""
        return Response(ExtraOut(cancel_extra(extra_id=self.of(Extra, pk).pk, **self.who)).data)


class ServiceDiscounts(Agreed):
    """The discounts of a service."""

    @extend_schema(responses=DiscountOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List them, the newest first."""
        return Response(DiscountOut(self.service(pk).discounts.order_by("-id"), many=True).data)

    @extend_schema(request=DiscountIn, responses={201: DiscountOut})
    def post(self, request: Request, pk: int) -> Response:
        """Agree a discount on the plan."""
        service = self.service(pk)
        made = add_discount(service_id=service.pk, **checked(DiscountIn, request), **self.who)
        return Response(DiscountOut(made).data, 201)


class DiscountEnd(Agreed):
    """Ends a discount."""

    @extend_schema(request=EndDiscountIn, responses=DiscountOut)
    def post(self, request: Request, pk: int) -> Response:
        """Give it its last day, or take it away. What it took off stays off."""
        discount = self.of(Discount, pk)
        ends_on = checked(EndDiscountIn, request).get("ends_on")
        return Response(DiscountOut(end_discount(discount_id=discount.pk, ends_on=ends_on, **self.who)).data)


class ServiceContract(Agreed):
    """The terms of a service."""

    @extend_schema(responses=ContractOut)
    def get(self, request: Request, pk: int) -> Response:
        """The terms; those of a service without any say nothing."""
        return Response(ContractOut(contract_of(self.service(pk))).data)

    @extend_schema(request=ContractIn, responses=ContractOut)
    def put(self, request: Request, pk: int) -> Response:
        """Write the terms whole."""
        service = self.service(pk)
        agree_terms(service_id=service.pk, **checked(ContractIn, request), **self.who)
        return Response(ContractOut(contract_of(service)).data)


class ServicePlanChanges(Agreed):
    """The changes of plan of a service."""

    @extend_schema(responses=PlanChangeOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List them, the newest first."""
        return Response(PlanChangeOut(self.service(pk).plan_changes.order_by("-id"), many=True).data)

    @extend_schema(request=PlanChangeIn, responses={201: PlanChangeOut})
    def post(self, request: Request, pk: int) -> Response:
        """Change the plan. What was charged from that day on is given back, and charged at the new one."""
        service = self.service(pk)
        wanted = read_change(service, checked(PlanChangeIn, request))
        return Response(PlanChangeOut(change_plan(service_id=service.pk, **wanted, **self.who)).data, 201)


class PlanChangePreview(Agreed):
    """Says what a change of plan would do."""

    permission_classes = [Needs.to(read="customers.view", write="customers.view")]

    @extend_schema(request=PlanChangeIn, responses=PlanChangePreviewOut)
    def post(self, request: Request, pk: int) -> Response:
        """What it would give back and charge. Writes nothing."""
        service = self.service(pk)
        wanted = read_change(service, checked(PlanChangeIn, request))
        return Response(PlanChangePreviewOut(preview_change(service=service, now=timezone.now(), **wanted)).data)


def read_change(service: Service, values: dict[str, Any]) -> dict[str, Any]:
    """What was asked as the domain takes it; when nobody said when, the policy does."""
    plan, price = values["plan"], values["price"]
    when = values.get("when") or default_when(service, plan, price)
    return {"new_plan": plan, "new_price": price, "when": values["day"] if when == "day" else when}


class PlanChangeCancel(Agreed):
    """Forgets a scheduled change of plan."""

    @extend_schema(request=None, responses=PlanChangeOut)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel one that was not done yet."""
        return Response(PlanChangeOut(cancel_change(change_id=self.of(PlanChange, pk).pk, **self.who)).data)


urlpatterns = [
    path("services/<int:pk>/extras/", ServiceExtras.as_view(), name="api-service-extras"),
    path("extras/<int:pk>/end/", ExtraEnd.as_view(), name="api-extra-end"),
    path("extras/<int:pk>/cancel/", ExtraCancel.as_view(), name="api-extra-cancel"),
    path("services/<int:pk>/discounts/", ServiceDiscounts.as_view(), name="api-service-discounts"),
    path("discounts/<int:pk>/end/", DiscountEnd.as_view(), name="api-discount-end"),
    path("services/<int:pk>/contract/", ServiceContract.as_view(), name="api-service-contract"),
    path("services/<int:pk>/plan-changes/", ServicePlanChanges.as_view(), name="api-plan-changes"),
    path("services/<int:pk>/plan-changes/preview/", PlanChangePreview.as_view(), name="api-plan-change-preview"),
    path("plan-changes/<int:pk>/cancel/", PlanChangeCancel.as_view(), name="api-plan-change-cancel"),
]
