"""The column types every amount of the ledger uses."""

from __future__ import annotations

from typing import Any

from django.db import models


class AmountField(models.DecimalField):
    """Money. Three decimals, because the dinar family has them; two and none fit as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """ISO 4217 code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
