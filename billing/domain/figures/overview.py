"""All figures of a month beside those of the month before and of the same month last year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.figures.cuts import cuts, decided, reconnections
from billing.domain.figures.definitions import BY_CODE, Definition
from billing.domain.figures.flows import billed, collected
from billing.domain.figures.period import Span, books_begin, like, month_before, year_before
from billing.domain.figures.receivable import owed, sales_outstanding
from billing.domain.figures.recurring import moved, percent

Value = Decimal | int | float | None

MONEY = ("billed", "billed_net", "collected", "collected_share")
DEBT = ("receivable", "overdue", "dso")
RECURRING = (
    "mrr", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_gone", "mrr_back", "services", "customers",
    "customer_churn", "service_churn", "revenue_churn", "arpu",
)  # fmt: skip
NETWORK = (
    "cuts_decided", "cuts_made", "cuts_succeeded", "reconnections", "reconnections_succeeded", "restore_median",
    "restore_p95",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure now and then. `before` and `year` are None without history, and with nothing to compute them from."""

    definition: Definition
    value: Value
    before: Value = None
    year: Value = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures asked for, in order, and the spans they are of; a span without history is None."""

    span: Span
    before: Span | None
    year: Span | None
    figures: tuple[Compared, ...]

    def of(self, code: str) -> Compared:
        """One of them."""
        return next(figure for figure in self.figures if figure.definition.code == code)


def read_figures(span: Span, codes: Iterable[str]) -> dict[str, Value]:
    """The figures of `span` by code, from as few statements as they need."""
    wanted, found = set(codes), dict[str, Value]()
    if wanted & set(MONEY):
        sold, got = billed(span), collected(span)
        share = percent(got.total, sold.total) if sold.total > 0 else None
        found |= {"billed": sold.total, "billed_net": sold.net, "collected": got.total, "collected_share": share}
    if wanted & set(DEBT):
        debt = owed(span.last)
        found |= {"receivable": debt.total, "overdue": debt.overdue, "dso": sales_outstanding(span.last, debt.total)}
    if wanted & set(RECURRING):
        row = moved(span)
        found |= {
            "mrr": row.end, "mrr_new": row.new, "mrr_expansion": row.expansion, "mrr_contraction": row.contraction,
            "mrr_gone": row.gone, "mrr_back": row.back, "services": row.services_end, "customers": row.customers_end,
            "customer_churn": row.customer_churn, "service_churn": row.service_churn,
            "revenue_churn": row.revenue_churn, "arpu": row.per_customer,
        }  # fmt: skip
    if wanted & set(NETWORK):
        ordered, lifted = cuts(span), reconnections(span)
        found |= {
            "cuts_decided": decided(span).decided, "cuts_made": ordered.made, "cuts_succeeded": ordered.succeeded,
            "reconnections": lifted.done, "reconnections_succeeded": lifted.succeeded,
            "restore_median": lifted.median, "restore_p95": lifted.p95,
        }  # fmt: skip
    return {code: found[code] for code in codes}


def compare_figures(span: Span, codes: Iterable[str], *, against: dt.date | None = None) -> Overview:
    """The figures of `span` beside those of the same days of the month before, or of `against`, and of last year's."""
    codes = tuple(codes)
    begin = books_begin()
    before = like(span, against) if against else month_before(span)
    year = year_before(span)
    known = [other if begin and other.last >= begin else None for other in (before, year)]
    now = read_figures(span, codes)
    then, long_ago = (read_figures(other, codes) if other else {} for other in known)
    return Overview(
        span, known[0], known[1],
        tuple(Compared(BY_CODE[code], now[code], then.get(code), long_ago.get(code)) for code in codes),
    )  # fmt: skip
