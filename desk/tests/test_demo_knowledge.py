"""What the demo's bots know, at both providers, made once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chatbot.domain.knowledge_search import find_answer
from chatbot.models import Article, OpenQuestion
from desk.demo.knowledge import ASKED, FAQS, teach_bot
from desk.demo.world import PROVIDERS
from tenants.current import entered

pytestmark = pytest.mark.django_db


def test_each_demo_provider_knows_its_own_and_once(norte, sur):
    for tenant, provider in zip((norte, sur), PROVIDERS, strict=True):
        with entered(tenant):
            for _again in range(2):
                teach_bot(provider, now=timezone.now())
            assert Article.objects.count() == len(FAQS) + 2
            assert {row.text: row.times for row in OpenQuestion.objects.all()} == dict(ASKED)
            found = find_answer("dónde están ubicados")
            assert found is not None
            assert provider.address in found.answer
            for asked, source in (
                ("a que hora abren", "¿Dónde están ubicados y cuál es su horario?"),
                ("cuanto cuesta la instalacion", "¿Cuánto cuesta la instalación?"),
                ("que planes tienen", "¿Qué planes tienen y cuánto cuestan?"),
                ("cual es la penalizacion si cancelo antes del plazo", "Condiciones del servicio"),
            ):
                known = find_answer(asked)
                assert known is not None, asked
                assert known.article.title == source
            assert find_answer("tienen telefonia fija") is None
