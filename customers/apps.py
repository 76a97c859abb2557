from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers import sentences  # noqa: F401, PLC0415 -- sentences register on import
