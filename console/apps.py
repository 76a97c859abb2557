from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"

    def ready(self) -> None:
        from console import sentences  # noqa: F401, PLC0415 -- sentences register on import
