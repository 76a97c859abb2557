"""What the bot says from the provider's knowledge. It is public: strangers hear it too."""

from __future__ import annotations

from django.utils.translation import get_language

from chatbot import intents
from chatbot.abilities import KNOWLEDGE
from chatbot.domain.knowledge_questions import collect_question
from chatbot.domain.knowledge_search import LONGEST, find_answer
from chatbot.domain.situations import Answer, Situation
from chatbot.engines.base import NONE

# Asked of the provider and not of an account.
PUBLIC = frozenset({NONE, intents.PLANS_PRICES, intents.HOURS_ADDRESS, intents.COVERAGE})


def answer_from_knowledge(s: Situation) -> Answer | None:
    """Answer with a source what was asked of the provider; collect what has no answer, and leave it to others."""
    if s.intent not in PUBLIC or s.files or KNOWLEDGE in s.bot.tools_off:
        return None
    found = find_answer(s.text, (get_language() or "")[:2])
    if found is None:
        collect_question(text=s.text, conversation=s.conversation, now=s.now)
        return None
    return Answer(found.within(min(LONGEST, s.bot.answer_length)), waiting_for=s.waiting_for, source=found.source)
