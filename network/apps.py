from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        from network import sentences  # noqa: F401, PLC0415 -- sentences register on import
