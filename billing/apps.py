from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import (  # noqa: PLC0415 -- sentences register on import
            sentences,  # noqa: F401
            sentences_counter,  # noqa: F401
            sentences_gateways,  # noqa: F401
            sentences_ladder,  # noqa: F401
            sentences_promises,  # noqa: F401
            sentences_receipts,  # noqa: F401
        )
        from billing.domain.plan_changes import change_plan  # noqa: PLC0415 -- models are ready only now
        from customers.domain.services import change_plan_by  # noqa: PLC0415

        change_plan_by(change_plan)
