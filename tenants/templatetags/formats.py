"""Template filters for money, numbers, phones and times, as the current provider's people write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from tenants import formats
from tenants.models import Tenant

register = template.Library()


def _tenant() -> Tenant | None:
    tenant = getattr(connection, "tenant", None)
    return tenant if isinstance(tenant, Tenant) else None


def _zone() -> ZoneInfo:
    tenant = _tenant()
    return ZoneInfo(tenant.timezone if tenant else "UTC")


def _currency() -> str:
    tenant = _tenant()
    return tenant.currency if tenant else "MXN"


@register.filter
def money(amount: Decimal | float | str | None, currency: str = "") -> str:
    """`{{ invoice.total|money }}` or `{{ total|money:"USD" }}`; nothing for nothing."""
    return "" if amount in {None, ""} else formats.format_money(amount or 0, currency or _currency())


@register.filter
def whole_money(amount: Decimal | None) -> str:
    """`{{ axis|whole_money }}`: $250,000."""
    return "" if amount is None else formats.format_whole_money(amount, _currency())


@register.filter
def number(value: Decimal | float | None) -> str:
    """`{{ count|number }}`: 10,000 or 10.000."""
    return "" if value is None else formats.format_number(value, _currency())


@register.filter
def phone(value: str | None) -> str:
    """`{{ contact.value|phone }}`."""
    tenant = _tenant()
    return formats.format_phone(value, tenant.country if tenant else "MX") if value else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """`{{ invoice.due_on|day }}`: hoy, ayer, 3 nov, 3 nov 2025."""
    if value is None:
        return ""
    zone = _zone()
    here = value.astimezone(zone).date() if isinstance(value, datetime) else value
    return formats.format_day(here, today=timezone.now().astimezone(zone).date())


@register.filter
def long_day(value: date | datetime | None) -> str:
    """`{{ on|long_day }}`: 3 de noviembre de 2026."""
    if value is None:
        return ""
    here = value.astimezone(_zone()).date() if isinstance(value, datetime) else value
    return str(date_format(here, "DATE_FORMAT"))


@register.filter
def clock(at: datetime | None) -> str:
    """`{{ message.created_at|clock }}`: <time>09:12</time>, the exact one on hover."""
    return "" if at is None else _time(at, f"{at.astimezone(_zone()):%H:%M}")


@register.filter
def ago(at: datetime | None) -> str:
    """`{{ router.last_seen_at|ago }}`: <time>hace 5 min</time>, the exact one on hover."""
    return "" if at is None else _time(at, formats.format_ago(at, now=timezone.now(), zone=_zone()))


@register.filter
def moment(at: datetime | None) -> str:
    """`{{ event.at|moment }}`: <time>3 nov, 19:00</time>, to the second on hover."""
    if at is None:
        return ""
    zone = _zone()
    here = at.astimezone(zone)
    today = timezone.now().astimezone(zone).date()
    return _time(at, f"{formats.format_day(here.date(), today=today)}, {here:%H:%M}")


def _time(at: datetime, text: Any) -> str:
    exact = formats.format_moment(at, zone=_zone())
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, text)


@register.filter
def unlocalized(value: float) -> str:
    """A number for a machine (an SVG's coordinate), whatever the language's decimal point."""
    return f"{value:g}"
