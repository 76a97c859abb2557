from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"

    def ready(self) -> None:
        # Receivers and sentences register on import.
        from inbox import live, sentences, sentences_channels, sentences_tickets  # noqa: F401, PLC0415
