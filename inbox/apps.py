from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"

    def ready(self) -> None:
        from inbox import (  # noqa: F401, PLC0415 -- receivers and sentences register on import
            live,
            sentences,
            sentences_channels,
            sentences_notifications,
            sentences_organise,
            sentences_telegram,
            sentences_tickets,
        )
