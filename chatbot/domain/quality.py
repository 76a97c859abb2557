"""How the bots did in a month: what they resolved alone, why a person was needed, what it took and cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Avg, Count, F, Min, Q, QuerySet, Sum

from chatbot.domain.spending import Purpose, current_budget
from chatbot.domain.trying import outcomes
from chatbot.engines.base import NONE
from chatbot.models import Budget, MonthSpend, OpenQuestion, Turn
from tenants.current import tenant_zone

Outcome = Turn.Outcome

ANSWERING = frozenset({Purpose.TURN, Purpose.VOICE})  # what an answer to a customer takes


@dataclass(frozen=True, slots=True)
class Share:
    """How often one thing happened among all of its kind (`part`: 0 to 100)."""

    name: str
    label: str
    count: int
    part: int


@dataclass(frozen=True, slots=True)
class IntentRow:
    """What became of the turns about one thing. `cost` in USD, `seconds` on average from the message to the answer."""

    name: str
    label: str
    turns: int
    resolved: int
    escalated: int
    unanswered: int
    seconds: float
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Quality:
    """One month. Conversations are those the bot answered in; `alone` never needed a person. Costs in USD."""

    month: date
    turns: int
    conversations: int
    alone: int
    escalated: int
    unanswered: int
    seconds: float
    by_intent: list[IntentRow]
    by_why: list[Share]
    spend: list[MonthSpend]
    budget: Budget
    questions: int

    @property
    def alone_share(self) -> int:
        """Return the conversations that needed no person, in percent."""
        return _percent(self.alone, self.conversations)

    @property
    def cost(self) -> Decimal:
        """Return what all models cost in the month."""
        return sum((row.cost for row in self.spend), Decimal(0))

    @property
    def per_conversation(self) -> Decimal:
        """Return what answering cost for each conversation."""
        answers = sum((row.cost for row in self.spend if row.purpose in ANSWERING), Decimal(0))
        return answers / self.conversations if self.conversations else Decimal(0)

    @property
    def tokens(self) -> tuple[int, int]:
        """Return the tokens that went in and came out."""
        return sum(row.input_tokens for row in self.spend), sum(row.output_tokens for row in self.spend)

    @property
    def unpriced(self) -> int:
        """Return how many uses had no known price."""
        return sum(row.unpriced for row in self.spend)


def month_turns(month: date) -> QuerySet[Turn]:
    """Return the turns of a month that came to something, by the provider's calendar."""
    zone = tenant_zone()
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    begin, end = (datetime.combine(day, time(), zone) for day in (month, following))
    rows: QuerySet[Turn] = Turn.objects.filter(settled_at__gte=begin, settled_at__lt=end).exclude(outcome="")
    return rows


def first_month() -> date | None:
    """Return the month of the first turn that came to something; None before there is one."""
    first: datetime | None = Turn.objects.exclude(outcome="").aggregate(first=Min("settled_at"))["first"]
    return first.astimezone(tenant_zone()).date().replace(day=1) if first else None


def read_quality(month: date) -> Quality:
    """Return a month's figures, in as many queries for one turn as for fifty thousand."""
    grouped = list(
        month_turns(month)
        .order_by()
        .values("intent", "outcome", "why")
        .annotate(n=Count("pk"), cost=Sum("cost"), seconds=Avg(F("settled_at") - F("created_at")))
    )
    conversations, escalated = _conversations(month)
    counts: dict[str, int] = defaultdict(int)
    for row in grouped:
        counts[row["outcome"]] += row["n"]
    turns = sum(counts.values())
    spent = sum((row["seconds"].total_seconds() * row["n"] for row in grouped), 0.0)
    return Quality(
        month=month,
        turns=turns,
        conversations=conversations,
        alone=conversations - escalated,
        escalated=escalated,
        unanswered=counts[Outcome.UNANSWERED],
        seconds=spent / turns if turns else 0.0,
        by_intent=_by_intent(grouped),
        by_why=_by_why(grouped, counts[Outcome.ESCALATED]),
        spend=list(MonthSpend.objects.filter(month=month).order_by("-cost", "purpose", "model")),
        budget=current_budget(),
        questions=OpenQuestion.objects.filter(state=OpenQuestion.State.OPEN).count(),
    )


def _conversations(month: date) -> tuple[int, int]:
    """Count the conversations of a month, and those in which a person was needed."""
    each = month_turns(month).order_by().values("conversation_id")
    found = each.annotate(passed=BoolOr(Q(outcome=Outcome.ESCALATED))).aggregate(
        all=Count("conversation_id"), person=Count("conversation_id", filter=Q(passed=True))
    )
    return found["all"], found["person"]


def _by_intent(grouped: Sequence[Mapping[str, Any]]) -> list[IntentRow]:
    named = outcomes()
    rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in grouped:
        rows[row["intent"]].append(row)
    found = []
    for intent, parts in rows.items():
        turns = sum(part["n"] for part in parts)
        of = {kind: sum(part["n"] for part in parts if part["outcome"] == kind) for kind in Outcome.values}
        found.append(
            IntentRow(
                name=intent,
                label=named.get(intent or NONE, (intent, ""))[0],
                turns=turns,
                resolved=of[Outcome.RESOLVED],
                escalated=of[Outcome.ESCALATED],
                unanswered=of[Outcome.UNANSWERED],
                seconds=sum(part["seconds"].total_seconds() * part["n"] for part in parts) / turns,
                cost=sum((part["cost"] or Decimal(0) for part in parts), Decimal(0)),
            )
        )
    return sorted(found, key=lambda row: (-row.turns, row.name))


def _by_why(grouped: Sequence[Mapping[str, Any]], escalated: int) -> list[Share]:
    counts: dict[str, int] = defaultdict(int)
    for row in grouped:
        if row["outcome"] == Outcome.ESCALATED:
            counts[row["why"]] += row["n"]
    labels = dict(Turn.Why.choices)
    found = [Share(why, str(labels.get(why, why)), n, _percent(n, escalated)) for why, n in counts.items()]
    return sorted(found, key=lambda share: (-share.count, share.name))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
