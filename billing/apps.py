from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import sentences  # noqa: F401, PLC0415 -- sentences register on import
