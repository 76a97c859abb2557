from chatbot.models.bots import Bot
from chatbot.models.knowledge import Article, OpenQuestion, Passage
from chatbot.models.turns import Turn

__all__ = ["Article", "Bot", "OpenQuestion", "Passage", "Turn"]
