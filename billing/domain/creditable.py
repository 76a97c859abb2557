"""What of an invoice's lines can still be taken back, and what a part of a line is made of. Reads only.

A part is reckoned cumulatively: what has been taken back up to and with it, less what had been before. So however a
line is taken back in pieces, net, taxes and withholdings add up to the line to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.domain.money import ZERO, round_money
from billing.models import CreditNoteLine, Invoice, InvoiceLine

NamedTax = tuple[str, str, Decimal]


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount taken apart: total = net + tax - withheld."""

    net: Decimal
    tax: Decimal
    withheld: Decimal

    @property
    def total(self) -> Decimal:
        """What the customer pays of it."""
        return self.net + self.tax - self.withheld

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.net + other.net, self.tax + other.tax, self.withheld + other.withheld)

    def __sub__(self, other: Parts) -> Parts:
        return Parts(self.net - other.net, self.tax - other.tax, self.withheld - other.withheld)


NOTHING = Parts(ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class LineLeft:
    """One line, what credit notes took of it, and its taxes as (name, rate, amount), withheld ones negative."""

    line: InvoiceLine
    credited: Parts
    taxes: tuple[NamedTax, ...]
    currency: str

    @property
    def whole(self) -> Parts:
        """The line as it was charged."""
        return Parts(self.line.net, self.line.tax, self.line.withheld)

    @property
    def left(self) -> Parts:
        """What can still be taken back."""
        return self.whole - self.credited

    def part(self, total: Decimal) -> Parts:
        """The parts of `total` of this line; all that is left of it when that is `left.total`."""
        if total == self.left.total:
            return self.left
        whole, after = self.whole, self.credited.total + total
        tax = round_money(whole.tax * after / whole.total, self.currency) - self.credited.tax
        withheld = round_money(whole.withheld * after / whole.total, self.currency) - self.credited.withheld
        return Parts(total - tax + withheld, tax, withheld)

    def named(self, parts: Parts) -> list[NamedTax]:
        """The taxes that `parts` takes back, by name; withheld ones negative."""
        after = self.credited + parts
        added = [tax for tax in self.taxes if tax[2] > 0]
        held = [tax for tax in self.taxes if tax[2] < 0]
        sign = -1 if self.line.net < 0 else 1
        if sign < 0:
            added, held = held, added
        found = self._spread(added, self.credited.tax, after.tax)
        return found + self._spread(held, -self.credited.withheld, -after.withheld)

    def _spread(self, taxes: list[NamedTax], before: Decimal, after: Decimal) -> list[NamedTax]:
        """From `before` to `after` of the sum of these taxes, shared among them in proportion."""
        whole = sum((amount for _name, _rate, amount in taxes), ZERO)
        if not whole:
            return []
        found = []
        reached, done, gone = ZERO, ZERO, ZERO
        for name, rate, amount in taxes:
            # Cumulative over the names too, so that their sum is exactly what was taken back.
            reached += amount
            upto = round_money(reached * after / whole, self.currency)
            had = round_money(reached * before / whole, self.currency)
            found.append((name, rate, (upto - done) - (had - gone)))
            done, gone = upto, had
        return [tax for tax in found if tax[2]]


def lines_left(invoice: Invoice) -> list[LineLeft]:
    """The invoice's lines in order, each with what is left to take back. Three queries."""
    sums = (
        CreditNoteLine.objects.filter(note__invoice=invoice)
        .values_list("charge_id")
        .annotate(net=Sum("net"), tax=Sum("tax"), withheld=Sum("withheld"))
    )
    credited = {charge_id: Parts(net, tax, withheld) for charge_id, net, tax, withheld in sums}
    names = {rate: name for name, rate in invoice.taxes.values_list("name", "rate")}
    # At most one line of an invoice has no charge: the one of an imported invoice.
    return [
        LineLeft(line, credited.get(line.charge_id, NOTHING), _taxes_of(line, names), invoice.currency)
        for line in invoice.lines.select_related("charge").order_by("id")
    ]


def invoice_left(lines: list[LineLeft]) -> Decimal:
    """What of the whole invoice can still be taken back."""
    return sum((line.left.total for line in lines), ZERO)


def _taxes_of(line: InvoiceLine, names: dict[Decimal, str]) -> tuple[NamedTax, ...]:
    if line.charge and line.charge.taxes:
        return tuple((name, str(rate), Decimal(str(amount))) for name, rate, amount in line.charge.taxes)
    if not line.tax:
        return ()
    # Lines of before taxes had names of their own: the invoice names the one they have.
    return ((names.get(line.tax_rate, next(iter(names.values()), "")), str(line.tax_rate), line.tax),)
