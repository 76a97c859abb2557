from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        from network import (  # noqa: F401, PLC0415 -- they register on import
            sentences,
            sentences_drift,
            sentences_onboarding,
            sentences_outages,
            sentences_runtime,
            sentences_screens,
        )
