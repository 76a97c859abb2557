"""/api/whatsapp/: the interface of the WhatsApp servers before us, with an API key now."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from events.domain import Actor
from inbox.addresses import address_variants, phone_of
from inbox.api import ConversationOut, MessageOut
from inbox.domain.conversations import close_conversation
from inbox.domain.whatsapp_figures import whatsapp_figures
from inbox.models import Conversation, Message

LONGEST_PK = 10  # digits; a phone with its country has more
MOST = 200


class ActiveUsersOut(serializers.Serializer[Any]):
    """People who wrote."""

    last_24h = serializers.IntegerField()
    last_7d = serializers.IntegerField()


class MessageFiguresOut(serializers.Serializer[Any]):
    """Messages in and out."""

    received_24h = serializers.IntegerField()
    sent_24h = serializers.IntegerField()
    received_7d = serializers.IntegerField()
    sent_7d = serializers.IntegerField()


class EngagementOut(serializers.Serializer[Any]):
    """Of the last 30 days: who wrote, who was answered, who had written before; by hour, of the last 7 days."""

    wrote = serializers.IntegerField()
    answered = serializers.IntegerField()
    answered_share = serializers.FloatField(allow_null=True)
    returning = serializers.IntegerField()
    by_hour = serializers.ListField(child=serializers.IntegerField())


class WhatsAppStatsOut(serializers.Serializer[Any]):
    """The figures of the inbox."""

    active_conversations = serializers.IntegerField()
    waiting_conversations = serializers.IntegerField()
    messages = MessageFiguresOut()
    mean_response_seconds = serializers.FloatField(allow_null=True)
    active_users = ActiveUsersOut()
    engagement = EngagementOut()
    registrations_by_channel = serializers.DictField(child=serializers.IntegerField())
    incidents_by_channel = serializers.DictField(child=serializers.IntegerField())


class HistoryOut(serializers.Serializer[Any]):
    """A conversation and its last messages, oldest first."""

    conversation = ConversationOut()
    messages = MessageOut(many=True)


class Stats(APIView):
    """The figures of the inbox."""

    permission_classes = [Needs.to(read="inbox.view")]

    @extend_schema(responses=WhatsAppStatsOut, operation_id="whatsapp_stats")
    def get(self, _request: Request) -> Response:
        """Tell the figures of this moment."""
        return Response(WhatsAppStatsOut(whatsapp_figures(now=timezone.now())).data)


class Close(APIView):
    """Close a conversation, named by its id or by the person's number."""

    permission_classes = [Needs.to(read="inbox.view", write="inbox.reply")]

    @extend_schema(request=None, responses=ConversationOut, operation_id="whatsapp_close")
    def post(self, request: Request, ref: str) -> Response:
        """Close it; one that is closed stays so."""
        found = find_conversation(request, ref)
        if found.status != Conversation.Status.RESOLVED:
            actor = Actor.of_user(request.user)
            found = close_conversation(conversation_id=found.pk, actor=actor, now=timezone.now())
        return Response(ConversationOut(found).data)


class History(APIView):
    """What was said in a conversation, named by its id or by the person's number."""

    permission_classes = [Needs.to(read="inbox.view")]

    @extend_schema(responses=HistoryOut, operation_id="whatsapp_history")
    def get(self, request: Request, ref: str) -> Response:
        """Tell the last 200 messages, oldest first; notes among the staff are not told."""
        found = find_conversation(request, ref)
        rows = Message.objects.filter(conversation=found).exclude(direction=Message.Direction.NOTE)
        last = rows.select_related("template").prefetch_related("attachments", "reactions").order_by("-seq")[:MOST]
        return Response(HistoryOut({"conversation": found, "messages": list(last)[::-1]}).data)


def find_conversation(request: Request, ref: str) -> Conversation:
    """Return the conversation a caller names and may see: by its id, a number or an address. Raises Http404."""
    rows = Conversation.objects.visible_to(request.user).filter(merged_into=None)
    if ref.isdecimal() and len(ref) <= LONGEST_PK:
        return get_object_or_404(rows, pk=int(ref))
    phone = phone_of("+" + ref.removeprefix("whatsapp:").removeprefix("+"))
    wanted = [ref[:120].replace("\x00", ""), *(address_variants(phone) if phone else [])]
    found = rows.filter(addresses__value__in=wanted).order_by("-last_message_at", "-id").distinct()
    return found.first() or get_object_or_404(rows, pk=0)
