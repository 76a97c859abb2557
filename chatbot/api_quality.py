"""/api/v1/bot/quality/, budget/ and turns/: what the bots did and cost, how much they may, and what they understood."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from chatbot.domain.labelling import UnknownIntent, label_turn, list_turns
from chatbot.domain.quality import Quality, read_quality
from chatbot.domain.spending import change_budget, current_budget, month_of, spent_in
from chatbot.models import Turn
from chatbot.views_costs import month_asked
from events.domain import Actor

MAY = Needs.to(read="bot.edit", write="bot.edit")


class TallyOut(serializers.Serializer[Any]):
    """What became of some messages. `seconds`: from a message to its answer, on average; `cost` in USD."""

    turns = serializers.IntegerField()
    escalated = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    seconds = serializers.FloatField()
    cost = serializers.DecimalField(max_digits=20, decimal_places=9)


class IntentOut(TallyOut):
    """What became of the messages about one thing."""

    name = serializers.CharField()
    resolved = serializers.IntegerField()


class WhyOut(serializers.Serializer[Any]):
    """How often a person was needed for one reason."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class SpendOut(serializers.Serializer[Any]):
    """What one model cost for one purpose, in USD."""

    purpose = serializers.CharField()
    model = serializers.CharField()
    uses = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=16, decimal_places=9)


class QualityOut(TallyOut):
    """One month. `alone`: conversations that needed no person."""

    month = serializers.DateField()
    conversations = serializers.IntegerField()
    alone = serializers.IntegerField()
    per_conversation = serializers.SerializerMethodField()
    questions = serializers.IntegerField(help_text="Questions without an answer that wait now.")
    by_intent = IntentOut(many=True)
    by_why = WhyOut(many=True)
    spend = SpendOut(many=True)

    def get_per_conversation(self, found: Quality) -> str:
        """Return what answering cost for each conversation, in USD."""
        return str(round(found.per_conversation, 9))


class QualityView(APIView):
    """A month of the bots."""

    permission_classes = [MAY]

    @extend_schema(
        operation_id="bot_quality",
        parameters=[OpenApiParameter("month", str, description="As 2026-11; the present one without it.")],
        responses=QualityOut,
    )
    def get(self, request: Request) -> Response:
        """Return what they resolved, escalated and cost."""
        month = month_asked(request.query_params.get("month", ""), month_of(timezone.now()))
        return Response(QualityOut(read_quality(month)).data)


class BudgetIn(serializers.Serializer[Any]):
    """How much the models may cost in a month, in USD; null for no limit. `warn_at`: percent of it."""

    monthly = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=Decimal("0.01"), allow_null=True, required=False
    )
    warn_at = serializers.IntegerField(min_value=1, max_value=99, required=False)


class BudgetView(APIView):
    """The budget, and what was spent of it."""

    permission_classes = [MAY]

    @extend_schema(operation_id="bot_budget_read", responses=BudgetIn)
    def get(self, request: Request) -> Response:
        """Return the budget and `spent`, what this month's uses cost until now."""
        return Response(_budget())

    @extend_schema(operation_id="bot_budget_change", request=BudgetIn, responses=BudgetIn)
    def patch(self, request: Request) -> Response:
        """Change it; what is left out stays."""
        form = BudgetIn(data=request.data)
        form.is_valid(raise_exception=True)
        kept = current_budget()
        changes = {"monthly": kept.monthly, "warn_at": kept.warn_at} | form.validated_data
        change_budget(**changes, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(_budget())


def _budget() -> dict[str, Any]:
    return {**BudgetIn(current_budget()).data, "spent": str(spent_in(month_of(timezone.now())))}


class BotTurnOut(serializers.ModelSerializer[Turn]):
    """A message the bot took: how it was understood, what came of it, what it used. `cost` in USD."""

    text = serializers.CharField(source="message.body", read_only=True)

    class Meta:
        model = Turn
        fields = [
            "id", "conversation", "text", "state", "intent", "confidence", "right_intent", "engine", "model", "reason",
            "outcome", "why", "tools", "rounds", "read_ms", "input_tokens", "output_tokens", "cost", "created_at",
            "settled_at",
        ]  # fmt: skip


class TurnLabel(serializers.Serializer[Any]):
    """What a message was about; empty takes it back."""

    right_intent = serializers.CharField(allow_blank=True, max_length=30)


class Turns(mixins.ListModelMixin, viewsets.GenericViewSet[Turn]):
    """The messages the bots took, the newest first."""

    permission_classes = [MAY]
    serializer_class = BotTurnOut
    queryset = Turn.objects.none()

    def get_queryset(self) -> Any:
        """Return those of the conversations that whoever asks may see."""
        asked = self.request.query_params
        return list_turns(
            self.request.user,  # type: ignore[arg-type]
            outcome=asked.get("outcome", ""),
            intent=asked.get("intent", ""),
            labelled=asked.get("labelled", "") in {"1", "true"},
        ).order_by()

    @extend_schema(
        parameters=[
            OpenApiParameter("outcome", str),
            OpenApiParameter("intent", str),
            OpenApiParameter("labelled", bool),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List turns."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="bot_turn_label", request=TurnLabel, responses=BotTurnOut)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Say what one was about: the rules learn from it."""
        form = TurnLabel(data=request.data)
        form.is_valid(raise_exception=True)
        turn = get_object_or_404(self.get_queryset(), pk=pk)
        try:
            label_turn(turn=turn, intent=form.validated_data["right_intent"])
        except UnknownIntent as refused:
            raise ValidationError({"right_intent": [_("No existe ese asunto.")]}) from refused
        return Response(BotTurnOut(turn).data)
