from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"

    def ready(self) -> None:
        from inbox import live, sentences, sentences_channels  # noqa: F401, PLC0415 -- receivers and sentences register on import
