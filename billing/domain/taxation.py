"""From a price to its net, taxes and withholdings. Pure.

Stated once: a line's price is rounded to the currency first; then each tax is rounded on its own, half up, and with
the tax inside the price the last tax takes what is left, so that net and taxes are the price to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class TaxPart:
    """One tax of a plan, or one that the customer withholds. `rate` is a share; `on_tax`: of the taxes, not the net."""

    name: str
    rate: Decimal
    withheld: bool = False
    on_tax: bool = False


@dataclass(frozen=True, slots=True)
class Taxed:
    """A price taken apart: total = net + tax - withheld. `parts` are (name, rate, amount), withheld ones negative.

    `rate` is that of all the taxes it pays together, also where they round to nothing.
    """

    net: Decimal
    tax: Decimal
    withheld: Decimal
    parts: tuple[tuple[str, Decimal, Decimal], ...] = ()
    rate: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What the customer pays of it."""
        return self.net + self.tax - self.withheld


def apply_taxes(
    price: Decimal,
    *,
    taxes: Sequence[TaxPart],
    included: bool,
    currency: str,
    exempt: bool = False,
    withholdings: Sequence[TaxPart] = (),
) -> Taxed:
    """Take a price apart. An exempt customer does not pay the tax that is inside a price either."""
    price = round_money(price, currency)
    rate = sum((part.rate for part in taxes), ZERO)
    net = round_money(price / (1 + rate), currency) if included else price
    if exempt:
        added = []
    elif included:
        added = _shares(price - net, net, taxes, currency)
    else:
        added = [(part.name, part.rate, round_money(net * part.rate, currency)) for part in taxes]
    tax = sum((amount for _name, _rate, amount in added), ZERO)
    held = [
        (part.name, part.rate, -round_money((tax if part.on_tax else net) * part.rate, currency))
        for part in withholdings
    ]
    parts = [part for part in (*added, *held) if part[2]]
    withheld = -sum((amount for _name, _rate, amount in held), ZERO)
    return Taxed(net, tax, withheld, tuple(parts), ZERO if exempt else rate)


def _shares(tax: Decimal, net: Decimal, taxes: Sequence[TaxPart], currency: str) -> list[tuple[str, Decimal, Decimal]]:
    """What each of several included taxes is; the last one takes what rounding left."""
    found = []
    left = tax
    for part in taxes[:-1]:
        amount = round_money(net * part.rate, currency)
        found.append((part.name, part.rate, amount))
        left -= amount
    if taxes:
        found.append((taxes[-1].name, taxes[-1].rate, left))
    return found
