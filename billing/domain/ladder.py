"""The steps of a policy as they are decided by: notices, cut, second step, and who is spared. Pure."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.domain.money import ZERO
from billing.models import BillingPolicy

MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell the customer, `days` after (or before, negative) the day an invoice is due or to be paid."""

    days: int
    since: str
    hour: dt.time
    channel: str
    template: str

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> Notice:
        """One of BillingPolicy.notices."""
        hour = dt.time.fromisoformat(data["hour"])
        return cls(data["days"], data["from"], hour, data["channel"], data["template"])

    def as_data(self) -> dict[str, Any]:
        """What BillingPolicy.notices keeps."""
        return {
            "days": self.days, "from": self.since, "hour": f"{self.hour:%H:%M}", "channel": self.channel,
            "template": self.template,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a policy decides about an account. `country` is the provider's: whose holidays count."""

    notices: tuple[Notice, ...] = ()
    cut_from: str = "due"
    cut_after_days: int = 0
    min_debt: Decimal = ZERO
    min_unpaid_invoices: int = 1
    never_cut: bool = False
    second_step: str = "none"
    second_step_after_days: int = 60
    quiet_from: dt.time = MIDNIGHT
    quiet_until: dt.time = MIDNIGHT
    spare_weekends: bool = False
    spare_holidays: bool = False
    spare_eves: bool = False
    holidays_region: str = ""
    partial_restarts: bool = False
    country: str = ""


CHANNELS = {"whatsapp": "WhatsApp"}
MOST_NOTICES = 12
WITHIN = 60


class BadNotices(ValueError):
    """These are no notices; the message is for people."""


def clean_notices(data: Any) -> list[dict[str, Any]]:
    """BillingPolicy.notices from what somebody wrote, in order. Raises BadNotices with what is wrong, in words."""
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise BadNotices(_("Escriba los avisos como una lista."))
    if len(data) > MOST_NOTICES:
        raise BadNotices(_("Son demasiados avisos: hasta %(most)s.") % {"most": MOST_NOTICES})
    found = sorted((_clean(row) for row in data), key=lambda notice: (notice.days, notice.since, notice.hour))
    for one, other in itertools.pairwise(found):
        if (one.days, one.since) == (other.days, other.since):
            raise BadNotices(_("Hay dos avisos para el mismo día."))
    return [notice.as_data() for notice in found]


def _clean(row: dict[str, Any]) -> Notice:
    days, hour = row.get("days"), row.get("hour")
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > WITHIN:
        raise BadNotices(_("Los avisos van de 60 días antes a 60 días después."))
    try:
        at = dt.time.fromisoformat(hour if isinstance(hour, str) else "")
    except ValueError as error:
        raise BadNotices(_("Escriba a qué hora sale cada aviso.")) from error
    since, channel, template = row.get("from"), row.get("channel"), row.get("template")
    if since not in BillingPolicy.CountFrom.values:
        raise BadNotices(_("Un aviso se cuenta desde el vencimiento o desde el día de pago."))
    if channel not in CHANNELS:
        raise BadNotices(_("Elija por dónde sale cada aviso."))
    if not isinstance(template, str) or not 0 < len(template) <= 60:
        raise BadNotices(_("Elija el texto de cada aviso."))
    return Notice(days, since, at.replace(second=0, microsecond=0, tzinfo=None), channel, template)


_PLAIN = (
    "cut_from", "cut_after_days", "min_debt", "min_unpaid_invoices", "never_cut", "second_step",
    "second_step_after_days", "quiet_from", "quiet_until", "spare_weekends", "spare_holidays", "spare_eves",
    "holidays_region", "partial_restarts",
)  # fmt: skip


def rules_of(policy: BillingPolicy, *, country: str) -> Rules:
    """The rules of a policy for a provider of that country."""
    notices = sorted((Notice.of_data(data) for data in policy.notices), key=lambda notice: notice.hour)
    return Rules(tuple(notices), country=country, **{name: getattr(policy, name) for name in _PLAIN})


def is_quiet(rules: Rules | BillingPolicy, hour: dt.time) -> bool:
    """Whether nobody is written to at that hour. The same hour twice means that there are no quiet hours."""
    since, until = rules.quiet_from, rules.quiet_until
    if since <= until:
        return since <= hour < until
    return hour >= since or hour < until


def when_sent(rules: Rules | BillingPolicy, hour: dt.time) -> tuple[int, dt.time]:
    """When a notice of that hour goes: how many days later, and the hour. In quiet hours it waits until they end."""
    if not is_quiet(rules, hour):
        return 0, hour
    return int(hour >= rules.quiet_from > rules.quiet_until), rules.quiet_until
