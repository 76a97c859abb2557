from django.apps import AppConfig


class ChatbotConfig(AppConfig):
    name = "chatbot"

    def ready(self) -> None:
        from chatbot import receivers, sentences  # noqa: F401, PLC0415 -- both register on import
