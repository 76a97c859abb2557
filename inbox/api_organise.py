"""/api/v1/: how conversations are organised: labels, teams, views, the policy, and what is done to a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from accounts.models import User
from customers.models import Customer
from events.domain import Actor
from inbox.api import MAY_ASSIGN, ConversationOut
from inbox.domain.bulk import MOST, PERMISSIONS, chosen_ids, run_bulk
from inbox.domain.conversations import reopen_conversation
from inbox.domain.linking import link_conversation, unlink_conversation
from inbox.domain.marks import (
    block_conversation,
    set_labels,
    set_pending,
    set_priority,
    set_team,
    unblock_conversation,
)
from inbox.domain.merging import CannotMerge, merge_conversations
from inbox.domain.policy import current_policy
from inbox.domain.snoozing import BadMoment, snooze_conversation
from inbox.models import Conversation, Label, Policy, Priority, Team, View

MAY_READ = Needs.to(read="inbox.view")
MAY_REPLY = Needs.to(read="inbox.view", write="inbox.reply")


class LabelOut(serializers.ModelSerializer[Label]):
    """A word put on conversations."""

    class Meta:
        model = Label
        fields = ["id", "name", "tone"]


class TeamOut(serializers.ModelSerializer[Team]):
    """People who share conversations."""

    class Meta:
        model = Team
        fields = ["id", "name", "assignment", "members", "zones"]


class ViewOut(serializers.ModelSerializer[View]):
    """Filters kept under a name; `query` is what the list's address has after the question mark."""

    class Meta:
        model = View
        fields = ["id", "name", "query", "owner"]


class InboxPolicyOut(serializers.ModelSerializer[Policy]):
    """The rules of the inbox; minutes are of business hours, 0 is none."""

    class Meta:
        model = Policy
        fields = [
            "default_team", "hours", "closed_days", "first_response_minutes", "resolution_minutes",
            "resolve_after_days", "keep_notifications_days",
        ]  # fmt: skip


class Nothing(serializers.Serializer[Any]):
    """An act that takes no values."""


class SnoozeIn(serializers.Serializer[Any]):
    """Until when a conversation is put off."""

    until = serializers.DateTimeField()


class TeamIn(serializers.Serializer[Any]):
    """The team of a conversation; null for none."""

    team = serializers.PrimaryKeyRelatedField[Team](queryset=Team.objects.all(), allow_null=True)


class LabelsIn(serializers.Serializer[Any]):
    """The labels a conversation is left with."""

    labels = serializers.PrimaryKeyRelatedField[Label](queryset=Label.objects.all(), many=True)


class PriorityIn(serializers.Serializer[Any]):
    """How pressing a conversation is."""

    priority = serializers.ChoiceField(choices=Priority.choices)


class MergeIn(serializers.Serializer[Any]):
    """The conversation whose lines come here; afterwards its address leads here."""

    other = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class LinkIn(serializers.Serializer[Any]):
    """Whose conversation it is; null for nobody's known."""

    customer = serializers.PrimaryKeyRelatedField[Customer](queryset=Customer.objects.all(), allow_null=True)
    add_phone = serializers.BooleanField(default=False)


class BulkIn(serializers.Serializer[Any]):
    """One thing done to many. `value` is an id (assign, team, label, unlabel), a priority, or a moment (snooze)."""

    action = serializers.ChoiceField(choices=sorted(PERMISSIONS))
    conversations = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=MOST
    )
    value = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=60)


class BulkOut(serializers.Serializer[Any]):
    """What happened: how many were done, and which could not be."""

    done = serializers.IntegerField()
    failed = serializers.ListField(child=serializers.IntegerField())


class Labels(mixins.ListModelMixin, viewsets.GenericViewSet[Label]):
    """The labels."""

    serializer_class = LabelOut
    permission_classes = [MAY_READ]
    queryset = Label.objects.all()


class Teams(mixins.ListModelMixin, viewsets.GenericViewSet[Team]):
    """The teams with their people and zones."""

    serializer_class = TeamOut
    permission_classes = [MAY_READ]
    queryset = Team.objects.prefetch_related("members", "zones")


class Views(mixins.ListModelMixin, viewsets.GenericViewSet[View]):
    """The saved views: everybody's, and those of whoever asks."""

    serializer_class = ViewOut
    permission_classes = [MAY_READ]
    queryset = View.objects.none()

    def get_queryset(self) -> Any:
        mine = Q(owner_id=self.request.user.pk) if isinstance(self.request.user, User) else Q(pk__in=[])
        return View.objects.filter(Q(owner=None) | mine)


class InboxPolicy(APIView):
    """The rules of the inbox."""

    permission_classes = [MAY_READ]

    @extend_schema(operation_id="inbox_policy", responses=InboxPolicyOut)
    def get(self, request: Request) -> Response:
        """Read the rules."""
        return Response(InboxPolicyOut(current_policy()).data)


# What is done, with who and when, the values that were sent, and the user.
Doing = Callable[[dict[str, Any], dict[str, Any], Any], Conversation]


class Act(APIView):
    """Something done to one conversation, whose new state is the answer."""

    permission_classes = [MAY_REPLY]
    takes: type[serializers.Serializer[Any]] = Nothing
    does: Doing

    def post(self, request: Request, pk: int) -> Response:
        """Do it."""
        data = self.takes(data=request.data)
        data.is_valid(raise_exception=True)
        found = get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)
        by = {"conversation_id": found.pk, "actor": Actor.of_user(request.user), "now": timezone.now()}
        return Response(ConversationOut(type(self).does(by, data.validated_data, request.user)).data)


def act(
    name: str,
    does: Doing,
    *,
    takes: type[serializers.Serializer[Any]] = Nothing,
    words: str,
    permission: Any = MAY_REPLY,
) -> type[Act]:
    """Return the view of an act: `does(by, values, user)` does it."""
    made = type(
        name, (Act,), {"does": staticmethod(does), "takes": takes, "permission_classes": [permission], "__doc__": words}
    )
    schema = extend_schema(
        operation_id=f"conversation_{name.lower()}",
        description=words,
        request=None if takes is Nothing else takes,
        responses={200: ConversationOut, 400: OpenApiResponse(description=str(_("Lo que se pidió no se puede.")))},
    )

    def post(self: Act, request: Request, pk: int) -> Response:
        return Act.post(self, request, pk)

    post.__doc__ = words
    made.post = schema(post)  # type: ignore[attr-defined]
    return made


def _snooze(by: dict[str, Any], values: dict[str, Any], user: Any) -> Conversation:
    try:
        return snooze_conversation(until=values["until"], by=user if isinstance(user, User) else None, **by)
    except BadMoment as error:
        raise ValidationError({"until": [_("Elija una hora que venga, dentro de un año.")]}) from error


def _merge(by: dict[str, Any], values: dict[str, Any], user: Any) -> Conversation:
    other = get_object_or_404(Conversation.objects.visible_to(user), pk=values["other"])
    kept = by.pop("conversation_id")
    try:
        return merge_conversations(kept_id=kept, absorbed_id=other.pk, **by)
    except CannotMerge as error:
        raise ValidationError({"other": [_("Esas dos no se pueden unir."), error.reason]}) from error


def _link(by: dict[str, Any], values: dict[str, Any], user: Any) -> Conversation:
    customer = values["customer"]
    if customer is None:
        return unlink_conversation(**by)
    if not user.can("customers.view"):
        raise NotFound
    return link_conversation(customer=customer, add_phone=values["add_phone"], **by)


Snooze = act("Snooze", _snooze, takes=SnoozeIn, words="Put off until a moment.")
Pending = act("Pending", lambda by, _v, _u: set_pending(**by), words="Leave waiting for somebody else.")
Reopen = act("Reopen", lambda by, _v, _u: reopen_conversation(**by), words="Open a resolved one again.")
Block = act("Block", lambda by, _v, _u: block_conversation(**by), words="Hear no more of a person.")
Unblock = act("Unblock", lambda by, _v, _u: unblock_conversation(**by), words="Hear a person again.")
SetLabels = act(
    "Labels", lambda by, v, _u: set_labels(labels=v["labels"], **by), takes=LabelsIn, words="Leave with these labels."
)
SetPriority = act(
    "Priority",
    lambda by, v, _u: set_priority(priority=v["priority"], **by),
    takes=PriorityIn,
    words="Say how pressing it is.",
)
SetTeam = act(
    "Team",
    lambda by, v, _u: set_team(team=v["team"], **by),
    takes=TeamIn,
    words="Give it to a team, or to none.",
    permission=MAY_ASSIGN,
)
Merge = act("Merge", _merge, takes=MergeIn, words="Bring the lines of another conversation here.")
Link = act("Link", _link, takes=LinkIn, words="Say whose conversation it is.")


class Bulk(APIView):
    """One thing done to many conversations."""

    permission_classes = [MAY_REPLY]

    @extend_schema(operation_id="conversations_bulk", request=BulkIn, responses=BulkOut)
    def post(self, request: Request) -> Response:
        """Do one thing to many; what cannot be done to one does not keep it from the others."""
        data = BulkIn(data=request.data)
        data.is_valid(raise_exception=True)
        action, now, user = data.validated_data["action"], timezone.now(), request.user
        if not user.can(PERMISSIONS[action]):  # type: ignore[union-attr]
            raise NotFound
        value = _bulk_value(action, data.validated_data.get("value") or "")
        ids, _left = chosen_ids(filters=None, ids=data.validated_data["conversations"], user=user, now=now)
        who = user if isinstance(user, User) else None
        report = run_bulk(action=action, value=value, ids=ids, user=who, actor=Actor.of_user(user), now=now)
        return Response({"done": report.done, "failed": report.failed})


def _bulk_value(action: str, text: str) -> Any:
    """Return the value an action takes. Raises ValidationError."""
    if action in {"resolve", "block"} or (action in {"assign", "team"} and not text):
        return None
    if action == "snooze":
        return serializers.DateTimeField().run_validation(text)
    if action == "priority":
        return serializers.ChoiceField(choices=Priority.choices).run_validation(text)
    rows: dict[str, Any] = {"assign": User.objects.filter(is_active=True), "team": Team.objects.all()}
    field = serializers.PrimaryKeyRelatedField[Any](queryset=rows.get(action, Label.objects.all()))
    return field.run_validation(text)
