"""What customers read to make a transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class TransferConfig:
    """The bank, whose account it is, and its number as the country writes it (CLABE, CBU, CCI, IBAN…)."""

    bank: str = ""
    holder: str = ""
    number: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> TransferConfig:
        """Read the stored JSON."""
        return cls(**{name: str(raw.get(name) or "") for name in ("bank", "holder", "number")})

    def lines(self) -> str:
        """What is shown above the reference, a line each."""
        rows = [(_("Banco"), self.bank), (_("Cuenta"), self.number), (_("A nombre de"), self.holder)]
        return "\n".join(f"{label}: {value}" for label, value in rows if value)
