from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tenants.formats import format_ago, format_day, format_money, format_phone, format_whole_money
from tenants.templatetags.ui import avatar, status

ZONE = ZoneInfo("America/Mexico_City")
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234567.89", "MXN", "$1,234,567.89"),
        ("-450", "MXN", "−$450.00"),
        ("1234567.89", "ARS", "$ 1.234.567,89"),
        ("45000", "COP", "$ 45.000"),
        ("45000.50", "COP", "$ 45.000,50"),
        ("1234.5", "PEN", "S/ 1,234.50"),
        ("0", "MXN", "$0.00"),
        ("-0.001", "MXN", "$0.00"),
        ("10", "XAF", "XAF 10.00"),
    ],
)
def test_money_is_written_as_at_home(amount, currency, text):
    assert format_money(amount, currency) == text


def test_whole_money_has_no_cents():
    assert format_whole_money(1234567, "ARS") == "$ 1.234.567"


@pytest.mark.parametrize(
    ("value", "country", "text"),
    [
        ("+523111234567", "MX", "311 123 4567"),
        ("whatsapp:+5493794123456", "MX", "+54 9 379 412-3456"),
        ("whatsapp:+5213111234567", "MX", "311 123 4567"),
        ("+52 1 311 123 4567", "MX", "311 123 4567"),
        ("MX.150XYZ", "MX", "MX.150XYZ"),
        ("", "MX", ""),
    ],
)
def test_phones_are_written_as_at_home_and_other_addresses_left_alone(value, country, text):
    assert format_phone(value, country) == text


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(seconds=20), "ahora"),
        (timedelta(minutes=5), "hace 5 min"),
        (timedelta(hours=3), "hace 3 h"),
        (timedelta(hours=20), "ayer 16:00"),
        (timedelta(days=18), "3 nov"),
        (timedelta(days=400), "17 oct 2025"),
        (-timedelta(minutes=8), "en 8 min"),
        (-timedelta(hours=20), "mañana 08:00"),
    ],
)
def test_times_are_said_as_people_say_them(gap, text):
    assert format_ago(NOW - gap, now=NOW, zone=ZONE) == text


def test_days_near_have_names():
    today = date(2026, 11, 21)
    assert [format_day(today + timedelta(days=n), today=today) for n in (-1, 0, 1, 2)] == [
        "ayer",
        "hoy",
        "mañana",
        "23 nov",
    ]


def test_a_status_has_always_a_word_and_an_icon():
    html = status("cut", "Cortado <desde> ayer")
    assert "<svg" in html
    assert "Cortado &lt;desde&gt; ayer" in html
    assert "status--grey" not in status("nothing-known")


def test_initials_are_letters():
    assert ">MG<" in avatar("María Guadalupe Hernández")
    assert ">?<" in avatar("…")
