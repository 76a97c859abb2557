from chatbot.models.bots import Bot

__all__ = ["Bot"]
