from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        from network import sentences, sentences_drift, sentences_screens  # noqa: F401, PLC0415 -- they register on import
