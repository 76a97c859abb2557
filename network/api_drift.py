"""Differences over REST: to read, and the three decisions about one of them or all of a kind."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from accounts.models import User
from events.domain import Actor
from network.domain.drift_listing import STATES
from network.domain.drifts import Choice, Done, Kind, adopt_drifts, agree_drifts, ignore_drifts, unignore_drifts
from network.models import Drift
from network.words_drift import why_of


class DriftSerializer(serializers.ModelSerializer[Drift]):
    """One difference: what it should be here, what the equipment has, and what it probably means."""

    reason = serializers.SerializerMethodField(help_text="what it means, for a person")

    class Meta:
        model = Drift
        fields = (
            *("id", "router", "access", "kind", "key", "ours", "theirs", "reason", "found_at", "seen_at"),
            *("ignored_at", "ignored_by", "resolved_at", "resolved_by", "resolution"),
        )

    def get_reason(self, drift: Drift) -> str:
        """What it means."""
        return why_of(drift)


class DoneSerializer(serializers.Serializer[Any]):
    """How many were acted on, how many were left, and why."""

    count = serializers.IntegerField()
    left = serializers.IntegerField()
    why = serializers.ListField(child=serializers.CharField())


class NoteSerializer(serializers.Serializer[Any]):
    """Why, for the customer's timeline, where it matters."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Drifts(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Drift]):
    """The differences between routers and this house."""

    serializer_class = DriftSerializer
    permission_classes = [Needs.to(read="network.view", write="network.operate")]
    queryset = Drift.objects.none()

    def get_queryset(self) -> Any:
        """Return what the caller may see, narrowed by the query."""
        rows = Drift.objects.visible_to(self.request.user)
        given = self.request.query_params
        router, kind, state = given.get("router", ""), given.get("kind", ""), given.get("state", "")
        if router:
            is_number = router.isdigit() and len(router) < 18
            rows = rows.filter(router_id=int(router)) if is_number else rows.none()
        if kind:
            rows = rows.filter(kind=kind) if kind in Kind.values else rows.none()
        if state:
            rows = rows.filter(STATES[state]) if state in STATES else rows.none()
        return rows

    @extend_schema(
        parameters=[
            OpenApiParameter("router", int),
            OpenApiParameter("kind", str, enum=sorted(Kind.values)),
            OpenApiParameter("state", str, enum=sorted(STATES)),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List differences, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, pk: str | None = None) -> Response:
        """Have the router made as it is here."""
        choice, actor = self._chosen()
        return _answer(agree_drifts(choice=choice, actor=actor, now=timezone.now()))

    @extend_schema(request=NoteSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def adopt(self, request: Request, pk: str | None = None) -> Response:
        """Take over here what the router has. A debt's cut is lifted only by who may decide about debts."""
        given = NoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        choice, actor = self._chosen()
        user = request.user
        done = adopt_drifts(
            choice=choice,
            actor=actor,
            now=timezone.now(),
            may_lift_debt=isinstance(user, User) and user.can("dunning.decide"),
            note=given.validated_data["note"],
        )
        return _answer(done)

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def ignore(self, request: Request, pk: str | None = None) -> Response:
        """Leave it as it is until it changes."""
        choice, actor = self._chosen()
        return _answer(ignore_drifts(choice=choice, actor=actor, now=timezone.now()))

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def unignore(self, request: Request, pk: str | None = None) -> Response:
        """Look after it again."""
        choice, actor = self._chosen()
        done = unignore_drifts(router_id=choice.router_id, ids=choice.ids or (), actor=actor, now=timezone.now())
        return _answer(done)

    def _chosen(self) -> tuple[Choice, Actor]:
        number = str(self.kwargs.get("pk", ""))
        if not number.isdigit() or len(number) > 17:
            raise NotFound
        drift = self.get_object()
        return Choice(drift.router_id, (drift.pk,)), Actor.of_user(self.request.user)


def _answer(done: Done) -> Response:
    return Response(DoneSerializer(done).data)
