from chatbot.models.bots import Bot
from chatbot.models.turns import Turn

__all__ = ["Bot", "Turn"]
