"""What the demo's bots did in the weeks before: both providers, nothing left to send, and figures to look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chatbot.domain.quality import read_quality
from chatbot.domain.spending import current_budget, month_of, spent_in
from chatbot.models import OpenQuestion, Turn
from chatbot.tests.conftest import STAFF, add_service
from customers.models import Zone
from desk.demo.bots import found_bots
from desk.demo.knowledge import teach_bot
from desk.demo.outages import tell_outages
from desk.demo.past_talks import talk_in_the_past
from desk.demo.providers import turn_on_bot
from desk.demo.world import PROVIDERS
from inbox.domain.channels import add_channel
from inbox.models import Conversation, Message
from inbox.tests.conftest import make_customer
from network.models import Outage
from tenants.current import entered

pytestmark = pytest.mark.django_db


def test_the_weeks_before_are_answered_told_and_closed_at_both(norte, sur):
    now = timezone.now()
    for tenant, provider in zip((norte, sur), PROVIDERS, strict=True):
        with entered(tenant):
            User.objects.create_user("s@x.example", "x", name="Soporte", role="support")
            add_channel(
                kind="twilio_whatsapp", name="x", address=f"whatsapp:{provider.number}", account="AC", auth_token="x",
                actor=STAFF,
            )  # fmt: skip
            for number in range(50):
                add_service(make_customer(code=f"C-{number:03}", phone=f"+52331000{number:04}"))
            turn_on_bot(provider)
            teach_bot(provider, now=now)
            found_bots(provider, now=now)
            assert talk_in_the_past(provider, now=now) > 25
            assert not Turn.objects.pending().exists()
            assert not Message.objects.filter(status="queued").exists()
            assert set(Conversation.objects.values_list("status", flat=True)) == {"resolved"}
            assert Turn.objects.latest("settled_at").settled_at < now - timedelta(hours=2)
            reasons = set(Turn.objects.exclude(why="").values_list("why", flat=True))
            assert {"asked", "anger", "legal", "safety", "unsure"} <= reasons
            assert OpenQuestion.objects.filter(conversation__isnull=False).exists()
            found = [read_quality(month_of(now)), read_quality(month_of(now - timedelta(days=31)))]
            assert sum(one.turns for one in found) > 40
            assert sum(one.cost for one in found) > 0
            limit = current_budget().monthly
            if provider.uisp and (spent := spent_in(month_of(now))):
                assert limit * 80 <= spent * 100 < limit * 100


def test_an_outage_is_under_way_and_some_are_over(norte, sur):
    now = timezone.now()
    for tenant in (norte, sur):
        with entered(tenant):
            tell_outages(now=now)
            assert not Outage.objects.exists()  # nowhere to tell of
            Zone.objects.create(name="Centro")
            tell_outages(now=now)
            assert Outage.objects.open(now).count() == 1
            assert Outage.objects.exclude(closed_at=None).count() == 2
