from django.apps import AppConfig


class ChatbotConfig(AppConfig):
    name = "chatbot"

    def ready(self) -> None:
        # They register on import.
        from chatbot import (  # noqa: F401, PLC0415
            receivers,
            sentences,
            sentences_bots,
            sentences_costs,
            sentences_identity,
            sentences_knowledge,
        )
