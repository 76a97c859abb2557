from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        from desk import sentences  # noqa: F401, PLC0415 -- sentences register on import
        from desk.domain import customer_extras  # noqa: PLC0415 -- needs the models

        customer_extras.register()
