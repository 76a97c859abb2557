"""What programs do with accesses and routers over REST: kick, retry, leave, see a password, name plans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from events.domain import Actor
from network.api import AccessSerializer
from network.domain.acts import AccessRefused, dismiss_accesses, kick_access, retry_accesses
from network.domain.credentials import show_credentials
from network.domain.setup import name_plan, unname_plan
from network.methods import PLAN_NAMES, TIMED, kinds_of
from network.models import Access, PlanProfile
from tenants.sealing import SealError

_OPERATE = Needs.to(read="network.view", write="network.operate")


class CredentialsSerializer(serializers.Serializer[Any]):
    """What the customer's equipment signs in with."""

    access = serializers.IntegerField(source="access_id")
    username = serializers.CharField()
    password = serializers.CharField()


class _Act(APIView):
    """Something done with one access; answers how it stands then."""

    permission_classes = [_OPERATE]

    def _access(self, access_id: int) -> Access:
        rows = Access.objects.visible_to(self.request.user).select_related("service")
        found = rows.filter(pk=access_id).first()
        if found is None:
            raise NotFound
        return found

    def _stands(self, access_id: int) -> Response:
        return Response(AccessSerializer(self._access(access_id)).data)


class Kick(_Act):
    """The sessions of an access."""

    @extend_schema(request=None, responses=AccessSerializer)
    def post(self, request: Request, access_id: int) -> Response:
        """End them once; the customer's equipment dials again by itself."""
        self._access(access_id)
        try:
            kick_access(access_id=access_id, actor=Actor.of_user(request.user), now=timezone.now())
        except AccessRefused as refusal:
            raise serializers.ValidationError({"access": [str(refusal)]}) from None
        return self._stands(access_id)


class Retry(_Act):
    """Another try at what failed."""

    @extend_schema(request=None, responses=AccessSerializer)
    def post(self, request: Request, access_id: int) -> Response:
        """Try at once; one with nothing pending stays as it is."""
        self._access(access_id)
        retry_accesses(access_ids=[access_id], actor=Actor.of_user(request.user), now=timezone.now())
        return self._stands(access_id)


class Dismiss(_Act):
    """Giving up on what failed."""

    @extend_schema(request=None, responses=AccessSerializer)
    def post(self, request: Request, access_id: int) -> Response:
        """Try no more until something new is asked of it; one with nothing pending stays as it is."""
        self._access(access_id)
        dismiss_accesses(access_ids=[access_id], actor=Actor.of_user(request.user), now=timezone.now())
        return self._stands(access_id)


@method_decorator(never_cache, name="dispatch")
class Reveal(_Act):
    """The password of an access. Who asked stays in the customer's story."""

    @extend_schema(request=None, responses=CredentialsSerializer)
    def post(self, request: Request, access_id: int) -> Response:
        """Show it."""
        self._access(access_id)
        try:
            shown = show_credentials(access_id=access_id, actor=Actor.of_user(request.user), now=timezone.now())
        except SealError:
            said = _("No se puede abrir: fue cifrada con una llave que ya no está.")
            raise serializers.ValidationError({"access": [said]}) from None
        return Response(CredentialsSerializer(shown).data)


class PlanProfileSerializer(serializers.ModelSerializer[PlanProfile]):
    """What a plan is called on a router for a method; `validity_days` is how long an assignment lasts."""

    validity_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=3650)
    kind = serializers.ChoiceField(choices=sorted(PLAN_NAMES))
    is_trial = serializers.BooleanField(required=False, default=False)

    class Meta:
        model = PlanProfile
        fields = ("id", "router", "plan", "kind", "name", "validity_days", "is_trial")
        validators: list[Any] = []  # giving a name again changes it

    def to_representation(self, instance: PlanProfile) -> dict[str, Any]:
        """Days instead of a duration."""
        instance.validity_days = instance.validity.days if instance.validity else None  # type: ignore[attr-defined]
        return dict(super().to_representation(instance))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A method of that equipment; only some last for a time."""
        if attrs["kind"] not in kinds_of(attrs["router"]):
            raise serializers.ValidationError({"kind": [_("Ese equipo no conoce ese método.")]})
        if attrs["kind"] not in TIMED and (attrs.get("validity_days") or attrs.get("is_trial")):
            said = _("Solo en hotspot y User Manager se asigna por un tiempo.")
            raise serializers.ValidationError({"validity_days": [said]})
        return attrs


class PlanProfiles(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[PlanProfile],
):
    """The names of plans on routers. Giving one again changes it."""

    serializer_class = PlanProfileSerializer
    permission_classes = [Needs.to(read="network.view", write="network.edit")]
    queryset = PlanProfile.objects.none()

    def get_queryset(self) -> Any:
        """Return them, of one router when the query says so."""
        rows = PlanProfile.objects.order_by("id")
        router = self.request.query_params.get("router", "")
        if router:
            rows = rows.filter(router_id=int(router)) if router.isdigit() and len(router) < 18 else rows.none()
        return rows

    @extend_schema(parameters=[OpenApiParameter("router", int)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the names."""
        return super().list(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        """Name the plan."""
        given = serializer.validated_data
        days = given.get("validity_days")
        serializer.instance = name_plan(
            router=given["router"],
            plan=given["plan"],
            kind=given["kind"],
            name=given["name"],
            validity=timedelta(days=days) if days else None,
            is_trial=given.get("is_trial", False),
            actor=Actor.of_user(self.request.user),
            now=timezone.now(),
        )

    def perform_destroy(self, instance: PlanProfile) -> None:
        """Forget the name; nothing changes on the router."""
        unname_plan(profile_id=instance.pk, actor=Actor.of_user(self.request.user), now=timezone.now())
