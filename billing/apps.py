from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import sentences, sentences_counter, sentences_receipts  # noqa: F401, PLC0415 -- they register
        from billing.domain.plan_changes import change_plan  # noqa: PLC0415 -- models are ready only now
        from customers.domain.services import change_plan_by  # noqa: PLC0415

        change_plan_by(change_plan)
