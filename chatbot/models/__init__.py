from chatbot.models.bots import Bot, BotChannel
from chatbot.models.knowledge import Article, KnownWord, OpenQuestion, Passage
from chatbot.models.personas import Persona, PersonaVersion
from chatbot.models.spending import Budget, MonthSpend
from chatbot.models.turns import Turn

__all__ = [
    "Article",
    "Bot",
    "BotChannel",
    "Budget",
    "KnownWord",
    "MonthSpend",
    "OpenQuestion",
    "Passage",
    "Persona",
    "PersonaVersion",
    "Turn",
]
