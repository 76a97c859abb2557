"""/bots/ and /assistants/: the interface of the multi-bot servers before us, with an API key now.

An assistant is a persona stored here; its id keeps the look and the meaning it had. Also under /api/v1/.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from chatbot.domain.bots import BotRefused, change_bot
from chatbot.domain.personas import KEY, LONGEST, PersonaRefused, change_persona, create_persona
from chatbot.domain.several_bots import (
    ChannelTaken,
    MainStays,
    channel_with_number,
    create_bot,
    delete_bot,
    give_channels,
)
from chatbot.models import Bot, BotChannel, Persona, PersonaVersion
from events.domain import Actor

METADATA = 8_000  # letters of what a program keeps with a bot


class Conflict(APIException):
    """What was asked cannot be done as things stand; the sentence says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class AssistantIn(serializers.Serializer[Any]):
    """A persona to store."""

    name = serializers.CharField(max_length=80)
    instructions = serializers.CharField(max_length=LONGEST, allow_blank=True, default="")
    model = serializers.CharField(max_length=80, allow_blank=True, default="")


class AssistantOut(serializers.Serializer[Any]):
    """A stored persona; `id` is what bots name in `assistant_id`."""

    id = serializers.CharField(source="key")
    name = serializers.CharField()
    instructions = serializers.CharField()
    model = serializers.CharField()
    created_at = serializers.DateTimeField()


class BotIn(serializers.Serializer[Any]):
    """A bot as programs describe it. What is left out stays as it is.

    `twilio_phone_number` is a number of one of the provider's channels; empty leaves the bot without any.
    `assistant_id` is a stored persona's; one that is not stored is, when `instructions` come with it.
    """

    name = serializers.CharField(max_length=80)
    instructions = serializers.CharField(max_length=LONGEST, allow_blank=True, allow_null=True, required=False)
    model = serializers.CharField(max_length=80, allow_blank=True, allow_null=True, required=False)
    twilio_phone_number = serializers.CharField(max_length=40, allow_blank=True, allow_null=True, required=False)
    assistant_id = serializers.RegexField(KEY.pattern, max_length=80, allow_blank=True, allow_null=True, required=False)
    metadata = serializers.DictField(allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take an empty value of what is no link for left out: programs write down all fields they know."""
        links = {"twilio_phone_number", "assistant_id"}
        return {name: value for name, value in attrs.items() if value is not None or name in links}

    def validate_assistant_id(self, value: str | None) -> str | None:
        """Refuse what merely begins like an id."""
        if value and not KEY.fullmatch(value):
            raise ValidationError(_("Un asistente se llama asst_ y letras o números."))
        return value

    def validate_metadata(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        """Refuse what cannot be stored as it came."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, RecursionError):
            raise ValidationError(_("Estos datos no se pueden guardar.")) from None
        if "\\u0000" in text or len(text) > METADATA:
            raise ValidationError(_("Estos datos no se pueden guardar."))
        return value


class BotOut(serializers.Serializer[Any]):
    """A bot as programs know it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    instructions = serializers.SerializerMethodField()
    model = serializers.CharField()
    twilio_phone_number = serializers.SerializerMethodField()
    assistant_id = serializers.SerializerMethodField()
    metadata = serializers.DictField()
    enabled = serializers.BooleanField()
    is_main = serializers.BooleanField()

    def get_instructions(self, bot: Bot) -> str:
        """Return the words in force."""
        versions = list(bot.persona.versions.all()) if bot.persona else []
        return versions[0].instructions if versions else ""

    def get_twilio_phone_number(self, bot: Bot) -> str | None:
        """Return the first of its numbers; the main one answers on all that nobody else has."""
        numbers = [row.channel.number for row in bot.bot_channels.all()]
        return numbers[0] if numbers else None

    def get_assistant_id(self, bot: Bot) -> str | None:
        """Return its persona's id."""
        return bot.persona.key if bot.persona else None


def bots_told() -> QuerySet[Bot]:
    """Return the bots with all that is told of them: four queries, however many there are."""
    newest = PersonaVersion.objects.order_by("persona_id", "-number").distinct("persona_id")
    channels = BotChannel.objects.select_related("channel").order_by("pk")
    rows = Bot.objects.select_related("persona").prefetch_related(
        Prefetch("persona__versions", queryset=newest), Prefetch("bot_channels", queryset=channels)
    )
    return rows.order_by("pk")


class Room(APIView):
    """What bots and assistants share: one permission, and refusals said as sentences."""

    permission_classes = [Needs.to(read="bot.edit", write="bot.edit")]

    def handle_exception(self, exc: Exception) -> Response:
        """Say a refusal of the domain beside its field, or as a conflict."""
        if isinstance(exc, BotRefused | PersonaRefused):
            exc = ValidationError({exc.field: [exc.message]})
        elif isinstance(exc, ChannelTaken):
            exc = Conflict(exc.message)
        elif isinstance(exc, MainStays):
            exc = Conflict(str(exc))
        return super().handle_exception(exc)


class Bots(Room):
    """The provider's bots."""

    @extend_schema(operation_id="bots_list", responses=BotOut(many=True))
    def get(self, _request: Request) -> Response:
        """Tell them all, the oldest first."""
        return Response(BotOut(bots_told(), many=True).data)

    @extend_schema(operation_id="bots_create", request=BotIn, responses={201: BotOut})
    def post(self, request: Request) -> Response:
        """Make one like the main one, with what is given."""
        form = BotIn(data=request.data)
        form.is_valid(raise_exception=True)
        actor = Actor.of_user(request.user)
        with transaction.atomic():
            bot = create_bot(name=form.validated_data["name"], actor=actor, now=timezone.now())
            save_bot(bot, form.validated_data, actor)
        return Response(BotOut(bots_told().get(pk=bot.pk)).data, status=status.HTTP_201_CREATED)


class OneBot(Room):
    """One bot."""

    @extend_schema(operation_id="bots_read", responses=BotOut)
    def get(self, _request: Request, bot_id: int) -> Response:
        """Tell it."""
        return Response(BotOut(get_object_or_404(bots_told(), pk=bot_id)).data)

    @extend_schema(operation_id="bots_change", request=BotIn(partial=True), responses=BotOut)
    def put(self, request: Request, bot_id: int) -> Response:
        """Change what is given; what is left out stays."""
        bot = get_object_or_404(Bot.objects.select_related("persona"), pk=bot_id)
        form = BotIn(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        with transaction.atomic():
            save_bot(bot, form.validated_data, Actor.of_user(request.user))
        return Response(BotOut(bots_told().get(pk=bot.pk)).data)

    @extend_schema(operation_id="bots_delete", responses={204: None})
    def delete(self, request: Request, bot_id: int) -> Response:
        """Take it away; its numbers go back to the main one, which itself stays."""
        get_object_or_404(Bot, pk=bot_id)
        delete_bot(bot_id=bot_id, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Assistants(Room):
    """Stored personas."""

    @extend_schema(operation_id="assistants_create", request=AssistantIn, responses={201: AssistantOut})
    def post(self, request: Request) -> Response:
        """Store one; its id is what a bot's `assistant_id` names."""
        form = AssistantIn(data=request.data)
        form.is_valid(raise_exception=True)
        persona = create_persona(**form.validated_data, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(AssistantOut(persona).data, status=status.HTTP_201_CREATED)


def save_bot(bot: Bot, data: dict[str, Any], actor: Actor) -> None:
    """Change of a bot what a program gave. Raises ValidationError, BotRefused, PersonaRefused, ChannelTaken."""
    changes: dict[str, Any] = {name: data[name] for name in ("name", "model", "metadata") if name in data}
    persona = persona_for(bot, data, actor)
    if persona != bot.persona:
        changes["persona"] = persona
    if persona and persona.model and not data.get("model") and not bot.model:
        changes["model"] = persona.model
    change_bot(bot_id=bot.pk, actor=actor, now=timezone.now(), **changes)
    if "twilio_phone_number" in data:
        give_channels(bot_id=bot.pk, channel_ids=channels_for(data), actor=actor, now=timezone.now())


def persona_for(bot: Bot, data: dict[str, Any], actor: Actor) -> Persona | None:
    """Return the persona a bot is to have. Other words make a version, or a persona of its own where it is shared."""
    now, words = timezone.now(), data.get("instructions")
    persona = bot.persona
    if "assistant_id" in data:
        key = data["assistant_id"]
        persona = Persona.objects.filter(key=key).first() if key else None
        if key and persona is None:
            if words is None:
                raise ValidationError({"assistant_id": [_("No hay un asistente con este nombre.")]})
            return create_persona(key=key, name=data.get("name", bot.name), instructions=words, actor=actor, now=now)
    if words is None or words.replace("\r\n", "\n").strip() == (persona.instructions if persona else ""):
        return persona
    if persona is not None and not persona.bots.exclude(pk=bot.pk).exists():
        return change_persona(persona_id=persona.pk, instructions=words, actor=actor, now=now)
    return create_persona(name=data.get("name", bot.name), instructions=words, actor=actor, now=now)


def channels_for(data: dict[str, Any]) -> list[int]:
    """Return the channels a number names. Raises ValidationError where the provider has none with it."""
    number = (data["twilio_phone_number"] or "").strip()
    if not number:
        return []
    channel = channel_with_number(number)
    if channel is None:
        raise ValidationError({"twilio_phone_number": [_("No hay un canal con este número; agréguelo en Canales.")]})
    return [channel.pk]
