"""What a message costs on its way in, counted in statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.celery import drain_lane
from inbox.channels.base import Envelope
from inbox.domain.notifications import LANE, store
from inbox.models import Message
from inbox.tests.conftest import NUMBER, SID, inbound_fields, make_channel, make_customer
from tenants.models import Wake

pytestmark = pytest.mark.django_db

KNOWN = 23  # statements of a whole drain for one text of somebody known, its savepoints and locks among them


def test_a_text_of_somebody_known_costs_few_statements(in_norte):
    channel = make_channel()
    make_customer()
    for sid in ("SM1", "SM2"):
        payload = {"form": inbound_fields(MessageSid=sid), "key": "", "is_state": False}
        envelope = Envelope(SID, f"whatsapp:{NUMBER}", sid, payload)
        store(tenant=in_norte, channel_id=channel.pk, envelopes=[envelope], now=timezone.now())
        with CaptureQueriesContext(connection) as seen:
            drain_lane(schema="norte", lane=LANE, now=timezone.now())
    costs = [one["sql"] for one in seen.captured_queries if not one["sql"].startswith("SET search_path")]
    assert len(costs) <= KNOWN, costs
    assert list(Message.objects.order_by("seq").values_list("external_id", flat=True)) == ["SM1", "SM2"]
    assert not Wake.objects.filter(lane=LANE).exists()
