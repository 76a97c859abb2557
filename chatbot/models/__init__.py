from chatbot.models.bots import Bot, BotChannel
from chatbot.models.knowledge import Article, KnownWord, OpenQuestion, Passage
from chatbot.models.personas import Persona, PersonaVersion
from chatbot.models.turns import Turn

__all__ = ["Article", "Bot", "BotChannel", "KnownWord", "OpenQuestion", "Passage", "Persona", "PersonaVersion", "Turn"]
