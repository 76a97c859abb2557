"""/api/v1/: the billing policy, and what zones and customers have otherwise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api import Room, checked
from billing.api_shapes import Amount, Rows
from billing.domain.cycle import ONE_DAY, add_months, month_start
from billing.domain.overrides import Holder, clear_override, inherited_policy, own_values, set_override
from billing.domain.policies import OVERRIDABLE, check_policy, current_policy, effective, save_policy
from billing.domain.policy_rules import PolicyRefused
from billing.domain.policy_year import first_period, year_of
from billing.domain.series import invoice_prefixes
from billing.models import BillingPolicy, PolicyOverride
from customers.models import Customer, Plan, Zone
from events.domain import Actor
from tenants.current import current_tenant, tenant_today

EVERYTHING = [f.name for f in BillingPolicy._meta.concrete_fields if f.name != "id"]  # noqa: SLF001 -- documented


class PolicyOut(Rows):
    """The billing policy. Days past a month's end mean its last day; `auto_issue`: the clock issues by itself."""

    auto_issue = serializers.SerializerMethodField()

    class Meta:
        model = BillingPolicy
        fields = [*EVERYTHING, "auto_issue"]

    def get_auto_issue(self, policy: BillingPolicy) -> bool:
        """Whether the clock is in charge."""
        return policy.auto_issue_from is not None


class PolicyIn(Rows):
    """What can be written of the policy. `auto_issue` puts the clock in charge from today on, or takes it off."""

    auto_issue = serializers.BooleanField(required=False)

    class Meta:
        model = BillingPolicy
        fields = [*(name for name in EVERYTHING if name != "auto_issue_from"), "auto_issue"]

    def validate_series_prefix(self, prefix: str) -> str:
        """Refuse a series of invoices that does not exist."""
        if prefix != current_policy().series_prefix and prefix not in invoice_prefixes():
            raise ValidationError(_("No hay una serie de facturas con ese prefijo."))
        return prefix


class OwnTerms(Rows):
    """What a zone or a customer has otherwise. A field that is left out is inherited."""

    class Meta:
        model = BillingPolicy
        fields = list(OVERRIDABLE)
        extra_kwargs = {name: {"required": False} for name in OVERRIDABLE}


class Terms(serializers.Serializer[Any]):
    """What is a zone's or a customer's own, and what holds for them with it."""

    own = serializers.DictField()
    effective = PolicyOut()


class OverrideOut(serializers.ModelSerializer[PolicyOverride]):
    """Terms of a zone or of a customer: `values` are its own, all else is inherited."""

    class Meta:
        model = PolicyOverride
        fields = ["id", "zone", "customer", "values", "changed_at", "changed_by"]


class PreviewIn(serializers.Serializer[Any]):
    """For whom the year is shown. `changes` are not saved."""

    changes = PolicyIn(required=False, partial=True)
    installed_on = serializers.DateField()
    plan = serializers.PrimaryKeyRelatedField(queryset=Plan.objects.all(), required=False, allow_null=True)
    since = serializers.DateField(required=False, help_text="The first of twelve months; the next one by default.")


class TurnOut(serializers.Serializer[Any]):
    """One period: the days it charges, when it is issued and due, and when who has not paid is cut."""

    start = serializers.DateField(source="cycle.start")
    last_day = serializers.DateField(source="cycle.last_day")
    issue_on = serializers.DateField(source="cycle.issue_on")
    pay_on = serializers.DateField(source="cycle.pay_on")
    due_on = serializers.DateField(source="cycle.due_on")
    cut_on = serializers.DateField()


class FirstPeriodOut(serializers.Serializer[Any]):
    """What the first period of a service costs: `days` of `of_days`, by `rule`."""

    paying_from = serializers.DateField()
    last_day = serializers.DateField()
    days = serializers.IntegerField()
    of_days = serializers.IntegerField()
    rule = serializers.CharField()
    price = Amount()
    amount = Amount()


class YearOut(serializers.Serializer[Any]):
    """What a policy makes of twelve months, and of a first period when a plan is named."""

    turns = TurnOut(many=True)
    first_period = FirstPeriodOut(allow_null=True)


class _PolicyView(APIView):
    permission_classes = [Needs.to(read="billing.view", write="billing.policy")]

    def handle_exception(self, exc: Exception) -> Response:
        """Say what makes no sense at its field."""
        if isinstance(exc, PolicyRefused):
            exc = ValidationError({name: [sentence] for name, sentence in exc.errors.items()})
        return super().handle_exception(exc)


class Policy(_PolicyView):
    """The provider's billing policy."""

    @extend_schema(responses=PolicyOut)
    def get(self, request: Request) -> Response:
        """Read it."""
        return Response(PolicyOut(current_policy()).data)

    @extend_schema(request=PolicyIn, responses=PolicyOut)
    def patch(self, request: Request) -> Response:
        """Change what is sent; the rest stays."""
        data = PolicyIn(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        saved = save_policy(form=data.validated_data, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(PolicyOut(saved).data)


class PolicyYear(_PolicyView):
    """A year of a policy before it is saved."""

    @extend_schema(request=PreviewIn, responses=YearOut)
    def post(self, request: Request) -> Response:
        """Show twelve months and a first period with `changes` applied. Writes nothing."""
        values, policy = checked(PreviewIn, request), current_policy()
        for name, value in values.get("changes", {}).items():
            if name != "auto_issue":
                setattr(policy, name, value)
        check_policy(policy)
        start, plan = values["installed_on"], values.get("plan")
        first = month_start(values.get("since") or add_months(month_start(tenant_today(timezone.now())), 1))
        if not 1990 <= min(start.year, first.year) <= max(start.year, first.year) <= 2100:
            raise ValidationError({"installed_on": [_("Escriba una fecha entre 1990 y 2100.")]})
        example = plan and first_period(
            policy,
            start=start,
            price=plan.price,
            daily=plan.price_unit == Plan.PriceUnit.DAY,
            currency=current_tenant().currency,
        )
        turns = year_of(policy, anchor=start, first=first, last=add_months(first, 12) - ONE_DAY)
        return Response(YearOut({"turns": turns, "first_period": example}).data)


class _OwnTerms(_PolicyView, ABC):
    @abstractmethod
    def holder(self, request: Request, pk: int) -> Holder:
        """Whose terms these are."""

    @extend_schema(responses=Terms)
    def get(self, request: Request, pk: int) -> Response:
        """What is their own, and what holds for them."""
        return self._shown(self.holder(request, pk))

    @extend_schema(request=OwnTerms, responses=Terms)
    def put(self, request: Request, pk: int) -> Response:
        """Give them these values and no others; what is left out is inherited."""
        holder = self.holder(request, pk)
        data = OwnTerms(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        unknown = set(request.data) - set(OVERRIDABLE)
        if unknown:
            raise ValidationError({name: [_("Eso sólo lo decide el proveedor para todos.")] for name in unknown})
        actor = Actor.of_user(request.user)
        set_override(holder=holder, values=data.validated_data, actor=actor, now=timezone.now())
        return self._shown(self.holder(request, pk))

    @extend_schema(responses=Terms)
    def delete(self, request: Request, pk: int) -> Response:
        """Let them inherit everything again."""
        holder = self.holder(request, pk)
        clear_override(holder=holder, actor=Actor.of_user(request.user), now=timezone.now())
        return self._shown(self.holder(request, pk))

    @staticmethod
    def _shown(holder: Holder) -> Response:
        own = own_values(holder)
        return Response(Terms({"own": own, "effective": effective(inherited_policy(holder), own)}).data)


class ZoneTerms(_OwnTerms):
    """A zone's own terms."""

    def holder(self, request: Request, pk: int) -> Zone:
        """The zone."""
        return get_object_or_404(Zone.objects.select_related("policy_override"), pk=pk)


class CustomerTerms(_OwnTerms):
    """A customer's own terms."""

    def holder(self, request: Request, pk: int) -> Customer:
        """The customer, when the caller may see them."""
        customers = Customer.objects.visible_to(request.user)
        return get_object_or_404(customers.select_related("policy_override", "zone__policy_override"), pk=pk)


class PolicyOverrides(mixins.ListModelMixin, Room):
    """Every zone and customer with terms of their own, newest first."""

    queryset = PolicyOverride.objects.none()
    serializer_class = OverrideOut

    def get_queryset(self) -> QuerySet[PolicyOverride]:
        return PolicyOverride.objects.all()
