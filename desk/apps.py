from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        from desk import sentences  # noqa: F401, PLC0415 -- sentences register on import
        from desk.domain import canned_variables, customer_extras  # noqa: PLC0415 -- need the models

        canned_variables.register()
        customer_extras.register()
