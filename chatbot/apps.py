from django.apps import AppConfig


class ChatbotConfig(AppConfig):
    name = "chatbot"

    def ready(self) -> None:
        from chatbot import receivers, sentences, sentences_knowledge  # noqa: F401, PLC0415 -- register on import
