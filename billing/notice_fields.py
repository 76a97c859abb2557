"""The notices of a policy as people type them: a row each, with a row more or less at a press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.ladder import CHANNELS, BadNotices, clean_notices, when_sent
from billing.models import BillingPolicy
from inbox.domain.templates import templates_with

NAME = "notices"
PARTS = ("days", "when", "hour", "channel", "template")
# What a notice about an invoice can say: see night_work.notice_variables.
SAYS = {"name", "amount", "invoice", "due_date", "provider"}
WHENS = {
    "before_due": later("días antes de vencer"),
    "after_due": later("días después de vencer"),
    "before_pay": later("días antes del día de pago"),
    "after_pay": later("días después del día de pago"),
}
NEW_ROW = {"days": "3", "when": "after_due", "hour": "09:00", "channel": "whatsapp", "template": ""}

Row = dict[str, str]


def rows_of(notices: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Notices as their rows show them."""
    return [
        {
            "days": str(abs(notice["days"])),
            "when": f"{'before' if notice['days'] < 0 else 'after'}_{notice['from']}",
            "hour": notice["hour"],
            "channel": notice["channel"],
            "template": notice["template"],
        }
        for notice in notices
    ]


def notices_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What BillingPolicy.notices keeps. Raises BadNotices with what is wrong, in words."""
    found = []
    for row in rows:
        side, _sep, since = row["when"].partition("_")
        text = row["days"].strip()
        if not text.isascii() or not text.isdigit() or len(text) > 3:
            raise BadNotices(_("Escriba cuántos días, con un número entero."))
        days = -int(text) if side == "before" else int(text)
        found.append({**{part: row[part] for part in ("hour", "channel", "template")}, "days": days, "from": since})
    return clean_notices(found)


def typed_rows(data: Mapping[str, Any], name: str = NAME) -> list[Row] | None:
    """The rows that were sent; None when the form sent had no notices at all."""
    if not isinstance(data, MultiValueDict) or name not in data:
        return None
    columns = [data.getlist(f"{name}_{part}") for part in PARTS]
    return [dict(zip(PARTS, map(str, row), strict=True)) for row in zip(*columns, strict=False)]


class NoticesWidget(forms.Widget):
    """The rows, and the buttons that add and take away."""

    policy: BillingPolicy | None = None

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row] | None:
        """What was typed, as rows."""
        return typed_rows(data, name)

    def use_required_attribute(self, initial: Any) -> bool:
        """The rows say for themselves what they need."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Where a link to the field goes."""
        return NAME

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The rows, from what was typed or from the notices."""
        rows = value if value and "when" in value[0] else rows_of(value or [])
        return SafeString(render_to_string("billing/notices.html", notices_context(rows, self.policy)))


def notices_context(rows: Sequence[Row], policy: BillingPolicy | None = None) -> dict[str, Any]:
    """What billing/notices.html shows."""
    texts = templates_with(SAYS)
    shown = [
        {
            **row,
            # A text that is gone stays what it is until somebody chooses another.
            "texts": ({row["template"]: row["template"]} if row["template"] else {}) | texts,
            "waits": _waits(row["hour"], policy),
        }
        for row in rows
    ]
    return {"rows": shown, "whens": WHENS, "channels": CHANNELS}


def _waits(hour: str, policy: BillingPolicy | None) -> str:
    """The hour it goes when it is one at which nobody is written to; nothing otherwise."""
    if policy is None:
        return ""
    try:
        at = forms.TimeField().to_python(hour)
    except forms.ValidationError:
        return ""
    if at is None:
        return ""
    later_by, goes = when_sent(policy, at)
    if (later_by, goes) == (0, at):
        return ""
    said = {"hour": f"{goes:%H:%M}"}
    return _("saldrá a las %(hour)s del día siguiente") % said if later_by else _("saldrá a las %(hour)s") % said


class NoticesField(forms.Field):
    """BillingPolicy.notices."""

    widget = NoticesWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the rows say other notices."""
        return rows_of(initial or []) != (data or [])

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The notices in order. Raises ValidationError."""
        if value is None:
            raise forms.ValidationError(_("Faltan los avisos."))
        try:
            return notices_of(value)
        except BadNotices as error:
            raise forms.ValidationError(str(error)) from error
