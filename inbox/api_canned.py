"""/api/v1/canned-replies/: the ready answers of the whole team."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError

from accounts.access import Needs
from inbox.domain.canned import ShortcutTaken, save_reply
from inbox.models import CannedReply


class CannedReplyOut(serializers.ModelSerializer[CannedReply]):
    """A ready answer. In `body`, {nombre} and the like are filled in when it is used."""

    shortcut = serializers.SlugField(max_length=30)
    body = serializers.CharField(max_length=4000)

    class Meta:
        model = CannedReply
        fields = ["id", "shortcut", "body", "used"]
        read_only_fields = ["used"]

    def create(self, validated_data: dict[str, Any]) -> CannedReply:
        """Keep a new one."""
        return self._keep(CannedReply(**validated_data))

    def update(self, instance: CannedReply, validated_data: dict[str, Any]) -> CannedReply:
        """Change one; what is left out stays."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return self._keep(instance)

    def _keep(self, reply: CannedReply) -> CannedReply:
        try:
            return save_reply(reply)
        except ShortcutTaken as error:
            raise ValidationError({"shortcut": [_("Ya hay una respuesta con ese atajo.")]}) from error


class CannedReplies(viewsets.ModelViewSet[CannedReply]):
    """The ready answers of the whole team, by shortcut. A person's own are not told here."""

    serializer_class = CannedReplyOut
    permission_classes = [Needs.to(read="inbox.reply", write="settings.edit")]
    queryset = CannedReply.objects.filter(owner=None)
