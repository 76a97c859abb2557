"""The network over REST: routers and accesses to read, a service's suspension to make and undo."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from customers.models import Hold, Service
from events.domain import Actor
from network.domain.listing import STATES
from network.domain.queries import RouterFigures, figures_by_router
from network.domain.suspension import Suspension, resume_service, suspend_service, suspension_of
from network.models import Access, Router


class RouterSerializer(serializers.ModelSerializer[Router]):
    """A router without its password, with its state and figures."""

    state = serializers.SerializerMethodField(help_text="up, new, failing, silent, off")
    accesses = serializers.SerializerMethodField()
    online = serializers.SerializerMethodField()
    pending = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()
    stuck = serializers.SerializerMethodField()
    differing = serializers.SerializerMethodField()

    class Meta:
        model = Router
        fields = (
            *("id", "name", "kind", "host", "port", "tls", "is_enabled", "max_cuts_per_run", "external_ref"),
            *("identity", "version", "board", "uptime", "latency_ms", "last_seen_at", "last_error", "last_error_at"),
            *("state", "accesses", "online", "pending", "failed", "stuck", "differing", "cuts_waiting_since"),
            *("cut_list", "cut_profile", "cut_kbps", "rules", "resource", "surveyed_at"),
        )

    # One query for a whole list: the rows of a list share their serializer.
    _known: dict[int, RouterFigures] | None = None

    def _figures(self, router: Router) -> RouterFigures:
        if self._known is None:
            self._known = figures_by_router()
        return self._known.get(router.pk, RouterFigures())

    def get_state(self, router: Router) -> str:
        """One word for how it is now."""
        return router.state(timezone.now())

    def get_accesses(self, router: Router) -> int:
        """How many accesses it carries."""
        return self._figures(router).total

    def get_online(self, router: Router) -> int:
        """How many of them have a session."""
        return self._figures(router).online

    def get_pending(self, router: Router) -> int:
        """How many are on their way to another state."""
        return self._figures(router).pending

    def get_failed(self, router: Router) -> int:
        """How many of those failed at least once."""
        return self._figures(router).failed

    def get_stuck(self, router: Router) -> int:
        """How many of those wait for a person."""
        return self._figures(router).stuck

    def get_differing(self, router: Router) -> int:
        """How many are not there as they should be."""
        return self._figures(router).differing


class AccessSerializer(serializers.ModelSerializer[Access]):
    """A service's way through a router, without its password."""

    pending = serializers.BooleanField(source="is_pending", read_only=True)
    customer = serializers.IntegerField(source="service.customer_id", read_only=True)

    class Meta:
        model = Access
        fields = (
            *("id", "service", "customer", "router", "kind", "username", "ip", "mac", "desired", "pending"),
            *("requested_at", "cut_not_after", "observed", "observed_at", "cut_since", "session_up"),
            *("session_address", "session_since", "session_mac", "attempts", "last_error"),
            *("cut_by", "server", "profile", "provisions", "manages_speed", "seen"),
            *("applied_at", "next_try_at", "stuck_since", "dismissed_at"),
        )


class HoldSerializer(serializers.ModelSerializer[Hold]):
    """A reason for a service to be off."""

    class Meta:
        model = Hold
        fields = ("id", "reason", "source", "since", "until", "detail", "opened_by")


class SuspensionSerializer(serializers.Serializer[Any]):
    """Whether a service is held off and by what; its accesses follow within seconds."""

    service = serializers.IntegerField(source="service.pk")
    suspended = serializers.BooleanField(source="is_held")
    holds = HoldSerializer(many=True)


class SuspendSerializer(serializers.Serializer[Any]):
    """Why a person cuts it."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Routers(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Router]):
    """The routers, with their state and figures."""

    serializer_class = RouterSerializer
    permission_classes = [Needs.to(read="network.view")]
    queryset = Router.objects.none()

    def get_queryset(self) -> Any:
        """Return what the caller may see."""
        return Router.objects.visible_to(self.request.user)


class Accesses(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Access]):
    """The accesses: what each should be and what the router has."""

    serializer_class = AccessSerializer
    permission_classes = [Needs.to(read="network.view")]
    queryset = Access.objects.none()

    def get_queryset(self) -> Any:
        """Return what the caller may see, narrowed by the query."""
        rows = Access.objects.visible_to(self.request.user).select_related("service")
        for name in ("router", "service"):
            value = self.request.query_params.get(name, "")
            if value:
                rows = rows.filter(**{f"{name}_id": int(value)}) if value.isdigit() else rows.none()
        state = self.request.query_params.get("state", "")
        if state:
            rows = rows.filter(STATES[state]) if state in STATES else rows.none()
        return rows

    @extend_schema(
        parameters=[
            OpenApiParameter("router", int),
            OpenApiParameter("service", int),
            OpenApiParameter("state", str, enum=sorted(STATES)),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List accesses, newest first."""
        return super().list(request, *args, **kwargs)


class ServiceSuspension(APIView):
    """The suspension of a service by hand: see it, make it, undo it."""

    permission_classes = [Needs.to(read="network.view", write="network.operate")]

    @extend_schema(responses=SuspensionSerializer)
    def get(self, request: Request, service_id: int) -> Response:
        """Say how the service stands."""
        try:
            return _answer(suspension_of(service_id=service_id, now=timezone.now()))
        except Service.DoesNotExist:
            raise NotFound from None

    @extend_schema(request=SuspendSerializer, responses=SuspensionSerializer)
    def post(self, request: Request, service_id: int) -> Response:
        """Cut the service; it stays off until this is undone, whatever is paid. Twice is once."""
        given = SuspendSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, now = Actor.of_user(request.user), timezone.now()
        try:
            stands = suspend_service(service_id=service_id, actor=actor, now=now, note=given.validated_data["note"])
        except Service.DoesNotExist:
            raise NotFound from None
        return _answer(stands)

    @extend_schema(responses=SuspensionSerializer)
    def delete(self, request: Request, service_id: int) -> Response:
        """Undo the cut by hand; a debt, if there is one, keeps the service off."""
        actor, now = Actor.of_user(request.user), timezone.now()
        try:
            return _answer(resume_service(service_id=service_id, actor=actor, now=now))
        except Service.DoesNotExist:
            raise NotFound from None


def _answer(stands: Suspension) -> Response:
    return Response(SuspensionSerializer(stands).data)
