"""/api/v1/bot/: the bot's settings. The key goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from chatbot.domain.bots import EDITABLE, BotRefused, change_bot, current_bot
from chatbot.models import Bot
from events.domain import Actor


class BotSerializer(serializers.ModelSerializer[Bot]):
    """The settings. `api_key`: left out keeps the stored one, empty forgets it; `has_key` says whether one is."""

    api_key = serializers.CharField(write_only=True, required=False, allow_blank=True, max_length=400)
    has_key = serializers.BooleanField(read_only=True)

    class Meta:
        model = Bot
        fields = (*EDITABLE, "api_key", "has_key", "engine_error", "engine_error_at")
        read_only_fields = ("engine_error", "engine_error_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no setting: a typing error is not silently forgotten."""
        if unknown := set(self.initial_data) - set(self.fields):
            raise ValidationError({name: [_("No existe este ajuste.")] for name in sorted(unknown)})
        return attrs


class BotView(APIView):
    """Read and change the bot."""

    permission_classes = [Needs.to(read="bot.edit", write="bot.edit")]

    @extend_schema(operation_id="bot_read", responses=BotSerializer)
    def get(self, request: Request) -> Response:
        """Return the settings."""
        return Response(BotSerializer(current_bot()).data)

    @extend_schema(operation_id="bot_change", request=BotSerializer, responses=BotSerializer)
    def patch(self, request: Request) -> Response:
        """Change some settings; the others stay."""
        form = BotSerializer(current_bot(), data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        try:
            bot = change_bot(actor=Actor.of_user(request.user), now=timezone.now(), **form.validated_data)
        except BotRefused as refused:
            raise ValidationError({refused.field: [refused.message]}) from refused
        return Response(BotSerializer(bot).data)
