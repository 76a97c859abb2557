"""/api/v1/billing-runs/: preview, run, pause, cancel, report; and what a customer will be charged next."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.api import Room
from billing.api_shapes import AgeingOut, NextChargeOut, PreviewOut, RunIn, RunOut, SkippedOut
from billing.domain.ageing import ageing_of, ageing_of_all
from billing.domain.next_charge import next_charge
from billing.domain.preview import preview_run
from billing.domain.run import cancel_run, pause_run, resume_run, start_run
from billing.domain.skipped import find_skipped
from billing.models import BillingRun
from customers.models import Customer, Zone
from tenants.current import tenant_today

ASKED = [
    OpenApiParameter("month", str, required=True, description="2026-12"),
    OpenApiParameter("zone", int, description="Only this zone."),
    OpenApiParameter("customer", int, description="Only this customer."),
]


def asked(data: Any) -> dict[str, Any]:
    """The month and for whom, or a refusal that names the field."""
    shape = RunIn(data=data)
    shape.is_valid(raise_exception=True)
    values: dict[str, Any] = shape.validated_data
    zone, customer = values.get("zone"), values.get("customer")
    if zone and not Zone.objects.filter(pk=zone).exists():
        raise ValidationError({"zone": [_("No existe esa zona.")]})
    if customer and not Customer.objects.filter(pk=customer).exists():
        raise ValidationError({"customer": [_("No existe ese cliente.")]})
    return {"period": values["month"], "zone_id": zone, "customer_id": customer}


class Runs(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """Invoice runs, newest first."""

    reads = "billing.run"
    acts = dict.fromkeys(["create", "pause", "resume", "cancel"], "billing.run")
    queryset = BillingRun.objects.all()
    serializer_class = RunOut

    @extend_schema(request=RunIn, responses={201: RunOut})
    def create(self, request: Request) -> Response:
        """Order a run for everybody, a zone or a customer; one that is unfinished is returned instead."""
        wanted = asked(request.data)
        run = start_run(**wanted, origin=BillingRun.Origin.HAND, actor=self.actor, now=timezone.now())
        return Response(RunOut(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=PreviewOut, parameters=ASKED)
    @action(detail=False, methods=["get"])
    def preview(self, request: Request) -> Response:
        """What billing `month` (2026-12) would do. Writes nothing."""
        found = preview_run(**asked(request.query_params.dict()), now=timezone.now())
        return Response(PreviewOut(found).data)

    @extend_schema(responses=SkippedOut(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def skipped(self, request: Request) -> Response:
        """The months of the last year that some active service was not billed."""
        return Response(SkippedOut(find_skipped(now=timezone.now()), many=True).data)

    def _turn(self, act: Any) -> Response:
        act(run_id=self.get_object().pk, actor=self.actor, now=timezone.now())
        return Response(RunOut(self.get_object()).data)

    @extend_schema(request=None, responses=RunOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str = "") -> Response:
        """Stop after the chunk that is being written."""
        return self._turn(pause_run)

    @extend_schema(request=None, responses=RunOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str = "") -> Response:
        """Go on with a paused run."""
        return self._turn(resume_run)

    @extend_schema(request=None, responses=RunOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str = "") -> Response:
        """End a run where it is; what was issued stays."""
        return self._turn(cancel_run)


class CustomerNextCharge(APIView):
    """What a customer will be charged next."""

    permission_classes = [Needs.to(read="billing.view")]

    @extend_schema(responses=NextChargeOut)
    def get(self, request: Request, customer_id: int) -> Response:
        """The next invoice as things stand, or why there is none."""
        customer = get_object_or_404(Customer.objects.only("pk"), pk=customer_id)
        return Response(NextChargeOut(next_charge(customer_id=customer.pk, now=timezone.now())).data)


class CustomerAgeing(APIView):
    """How old what a customer owes is."""

    permission_classes = [Needs.to(read="billing.view")]

    @extend_schema(responses=AgeingOut)
    def get(self, request: Request, customer_id: int) -> Response:
        """The customer's open invoices by how late they are."""
        customer = get_object_or_404(Customer.objects.only("pk"), pk=customer_id)
        return Response(AgeingOut(ageing_of(customer.pk, today=tenant_today(timezone.now()))).data)


class ProviderAgeing(APIView):
    """How old what all customers owe is."""

    permission_classes = [Needs.to(read="reports.view")]

    @extend_schema(responses=AgeingOut)
    def get(self, request: Request) -> Response:
        """Every open invoice by how late it is."""
        return Response(AgeingOut(ageing_of_all(today=tenant_today(timezone.now()))).data)
