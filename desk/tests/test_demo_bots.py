"""The demo's second bot, made once at both providers."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chatbot.domain.spending import current_budget
from chatbot.models import Bot, Persona
from desk.demo.bots import found_bots
from desk.demo.providers import turn_on_bot
from desk.demo.world import PROVIDERS
from tenants.current import entered

pytestmark = pytest.mark.django_db


def test_each_demo_provider_has_a_bot_for_sales_once(norte, sur):
    for tenant, provider in zip((norte, sur), PROVIDERS, strict=True):
        with entered(tenant):
            turn_on_bot(provider)
            for _again in range(2):
                found_bots(provider, now=timezone.now())
            assert sorted(Bot.objects.values_list("name", flat=True)) == ["Asistente", "Ventas"]
            assert Persona.objects.get().versions.count() == 2
            assert current_budget().monthly == 20
