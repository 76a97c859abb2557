"""/api/v1/notifications/: what the far sides told us, as it came, and reading it again."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from events.domain import Actor
from inbox.domain.replaying import replay_notification
from inbox.models import Notification


class NotificationOut(serializers.ModelSerializer[Notification]):
    """One call of a far side about one channel. No secret is part of it."""

    payload = serializers.JSONField(read_only=True)

    class Meta:
        model = Notification
        fields = [
            "id", "channel", "provider_id", "state", "attempts", "error", "outcome", "payload", "received_at",
            "next_try_at", "settled_at",
        ]  # fmt: skip


class Notifications(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Notification]):
    """What the far sides told us, newest first."""

    serializer_class = NotificationOut
    permission_classes = [Needs.to(read="settings.edit", write="settings.edit")]
    queryset = Notification.objects.none()
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> Any:
        rows = Notification.objects.all()
        if (state := self.request.query_params.get("state", "")) in Notification.State.values:
            rows = rows.filter(state=state)
        if (channel := self.request.query_params.get("channel", "")).isdecimal() and len(channel) < 10:
            rows = rows.filter(channel_id=int(channel))
        return rows

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=Notification.State.values),
            OpenApiParameter("channel", int),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List notifications."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=NotificationOut)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str = "") -> Response:
        """Have it read again; what was done is not done twice."""
        found = self.get_object()
        row = replay_notification(notification_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(NotificationOut(row).data)
