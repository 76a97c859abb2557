"""/api/v1/channels/: what is connected and how it is, in the words of its page. Their secrets are never told."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from accounts.access import Needs
from inbox.domain.channel_state import channel_rows
from inbox.models import Channel


class ChannelStateOut(serializers.Serializer[Any]):
    """How a channel is: a word, what is wrong and what to do (empty when all is well), and its traffic."""

    word = serializers.CharField(source="state.word")
    what = serializers.CharField(source="state.what")
    todo = serializers.CharField(source="state.todo")
    last_in = serializers.DateTimeField(allow_null=True)
    last_out = serializers.DateTimeField(allow_null=True)
    unsent = serializers.IntegerField()


class ChannelOut(serializers.ModelSerializer[Channel]):
    """A connected channel."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = Channel
        fields = ["id", "kind", "name", "number", "is_active", "is_default", "checked_at", "state"]

    @extend_schema_field(ChannelStateOut)
    def get_state(self, channel: Channel) -> dict[str, Any]:
        """Return how it is now."""
        return ChannelStateOut(self.context["view"].rows[channel.pk]).data


class Channels(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Channel]):
    """The connected channels and their state."""

    serializer_class = ChannelOut
    permission_classes = [Needs.to(read="inbox.view")]
    queryset = Channel.objects.order_by("name", "id")
    lookup_value_regex = r"\d+"

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """Return what is known of each, by its id: asked once for all the channels of an answer."""
        return {row["channel"].pk: row for row in channel_rows(now=timezone.now())}
