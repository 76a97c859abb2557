"""/api/v1/: plans, taxes and zones."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from customers.domain.catalog import CatalogRefused, NotConfirmed
from customers.domain.plans import change_plan, create_plan, switch_plan
from customers.domain.taxes import change_tax, create_tax, restore_tax, retire_tax
from customers.domain.zones import create_zone, remove_zone, rename_zone
from customers.models import Plan, Tax, Zone
from events.domain import Actor

CONFIRM = _("Diga que sí cuando el cambio alcanza a servicios: sin él, se responde a cuántos y desde cuándo.")


class AskFirst(APIException):
    """It would change what customers are charged; the sentence says whom. Send it again with `confirm`."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "confirm"


class PlanOut(serializers.ModelSerializer[Plan]):
    """An internet plan: rates in kbit/s, the price of a month or a day, the taxes' total as a share (0.16 is 16 %)."""

    class Meta:
        model = Plan
        fields = [
            "id", "name", "price", "price_unit", "download_kbps", "upload_kbps", "taxes", "tax_rate", "tax_included",
            "is_active", "external_ref",
        ]  # fmt: skip


class PlanIn(serializers.ModelSerializer[Plan]):
    """What can be written of a plan. With `taxes`, `tax_rate` is their sum; without any, one tax with no own name."""

    # What a price or a rate may be is the domain's to say, in sentences.
    price = serializers.DecimalField(max_digits=14, decimal_places=3)
    tax_rate = serializers.DecimalField(max_digits=9, decimal_places=5, required=False)
    name = serializers.CharField(max_length=200)
    download_kbps = serializers.IntegerField(required=False, max_value=10**12, min_value=-(10**12))
    upload_kbps = serializers.IntegerField(required=False, max_value=10**12, min_value=-(10**12))
    taxes = serializers.PrimaryKeyRelatedField(many=True, required=False, queryset=Tax.objects.filter(is_active=True))
    is_active = serializers.BooleanField(required=False)
    confirm = serializers.BooleanField(required=False, help_text=CONFIRM)

    class Meta:
        model = Plan
        fields = [
            "name", "price", "price_unit", "download_kbps", "upload_kbps", "taxes", "tax_rate", "tax_included",
            "is_active", "confirm",
        ]  # fmt: skip


class NamedTax(serializers.ModelSerializer[Tax]):
    """A named tax, or one that customers withhold; `rate` is a share: 0.16 is 16 %."""

    class Meta:
        model = Tax
        fields = ["id", "name", "kind", "base", "rate", "is_active"]


class TaxIn(serializers.ModelSerializer[Tax]):
    """What can be written of a tax."""

    name = serializers.CharField(max_length=200)
    rate = serializers.DecimalField(max_digits=12, decimal_places=8)
    is_active = serializers.BooleanField(required=False)
    confirm = serializers.BooleanField(required=False, help_text=CONFIRM)

    class Meta:
        model = Tax
        fields = ["name", "kind", "base", "rate", "is_active", "confirm"]


class ZoneOut(serializers.ModelSerializer[Zone]):
    """Customers who are billed and cut together."""

    class Meta:
        model = Zone
        fields = ["id", "name", "external_ref"]


class ZoneIn(serializers.Serializer[Any]):
    """What can be written of a zone."""

    name = serializers.CharField(max_length=200)


class _Catalogue(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """What the three share: refusals are sentences at their fields, a deletion needs that nobody has it."""

    permission_classes = [Needs.to(read="customers.view", write="settings.edit")]

    def handle_exception(self, exc: Exception) -> Response:
        """Say what is wrong, or whom it would touch."""
        if isinstance(exc, CatalogRefused):
            exc = serializers.ValidationError({name: [text] for name, text in exc.errors.items()})
        elif isinstance(exc, NotConfirmed):
            exc = AskFirst(str(exc))
        elif isinstance(exc, ProtectedError):
            exc = serializers.ValidationError({"id": [_("Está en uso: no se puede borrar.")]})
        return super().handle_exception(exc)

    def sent(self, shape: Any, *, partial: bool = False) -> dict[str, Any]:
        """The body, or a refusal that names its fields."""
        data = shape(data=self.request.data, partial=partial)
        data.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(data.validated_data)
        return values

    @property
    def by(self) -> dict[str, Any]:
        """Who calls, and when."""
        return {"actor": Actor.of_user(self.request.user), "now": timezone.now()}

    def shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The row as it is now."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)


class Plans(_Catalogue):
    """The plans that can be contracted."""

    serializer_class = PlanOut
    queryset = Plan.objects.none()

    def get_queryset(self) -> QuerySet[Plan]:
        """All plans, the newest first."""
        return Plan.objects.prefetch_related("taxes").order_by()

    @extend_schema(request=PlanIn, responses={201: PlanOut})
    def create(self, request: Request) -> Response:
        """Make a plan."""
        values = self.sent(PlanIn)
        active = values.pop("is_active", True)
        made = create_plan(fields=values, **self.by)
        if not active:
            switch_plan(plan_id=made.pk, active=False, **self.by)
        return self.shown(made.pk, status.HTTP_201_CREATED)

    @extend_schema(request=PlanIn, responses=PlanOut)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is sent; services follow with their next invoice."""
        plan, values = self.get_object(), self.sent(PlanIn, partial=True)
        active, confirm = values.pop("is_active", None), values.pop("confirm", False)
        with transaction.atomic():
            change_plan(plan_id=plan.pk, fields=values, confirmed=confirm, **self.by)
            if active is not None:
                switch_plan(plan_id=plan.pk, active=active, **self.by)
        return self.shown(plan.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete it, unless someone has it."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class Taxes(_Catalogue):
    """The named taxes and withholdings."""

    permission_classes = [Needs.to(read="customers.view", write="billing.policy")]
    serializer_class = NamedTax
    queryset = Tax.objects.order_by()

    @extend_schema(request=TaxIn, responses={201: NamedTax})
    def create(self, request: Request) -> Response:
        """Make a tax."""
        values = self.sent(TaxIn)
        values.pop("is_active", None)
        return self.shown(create_tax(fields=values, **self.by).pk, status.HTTP_201_CREATED)

    @extend_schema(request=TaxIn, responses=NamedTax)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is sent; issued documents keep what they say."""
        tax, values = self.get_object(), self.sent(TaxIn, partial=True)
        active, confirm = values.pop("is_active", None), values.pop("confirm", False)
        with transaction.atomic():
            change_tax(tax_id=tax.pk, fields=values, confirmed=confirm, **self.by)
            if active is not None:
                (restore_tax if active else retire_tax)(tax_id=tax.pk, **self.by)
        return self.shown(tax.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Retire it, unless a plan charges it or a customer withholds it."""
        retire_tax(tax_id=self.get_object().pk, **self.by)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Zones(_Catalogue):
    """The zones."""

    serializer_class = ZoneOut
    queryset = Zone.objects.order_by()

    @extend_schema(request=ZoneIn, responses={201: ZoneOut})
    def create(self, request: Request) -> Response:
        """Make a zone."""
        return self.shown(create_zone(name=self.sent(ZoneIn)["name"], **self.by).pk, status.HTTP_201_CREATED)

    @extend_schema(request=ZoneIn, responses=ZoneOut)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Rename it."""
        zone, values = self.get_object(), self.sent(ZoneIn, partial=True)
        if "name" in values:
            rename_zone(zone_id=zone.pk, name=values["name"], **self.by)
        return self.shown(zone.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete it, unless someone is in it."""
        remove_zone(zone_id=self.get_object().pk, **self.by)
        return Response(status=status.HTTP_204_NO_CONTENT)
