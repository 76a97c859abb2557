from chatbot.models.bots import Bot, BotChannel
from chatbot.models.dialogues import RunningForm
from chatbot.models.identity import Acquaintance, WrongDatum
from chatbot.models.knowledge import Article, KnownWord, OpenQuestion, Passage
from chatbot.models.personas import Persona, PersonaVersion
from chatbot.models.spending import Budget, MonthSpend
from chatbot.models.staff import StaffAddress
from chatbot.models.turns import Turn
from chatbot.models.voice import Transcript

__all__ = [
    "Acquaintance",
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
    "RunningForm",
    "StaffAddress",
    "Transcript",
    "Turn",
    "WrongDatum",
]
