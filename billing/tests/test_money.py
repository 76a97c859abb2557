from decimal import Decimal

import pytest

from billing.domain.money import BadAmount, check_amount, parse_amount, round_money


def test_rounding_is_half_up():
    assert round_money(Decimal("2.5"), "CLP") == 3
    assert round_money(Decimal("0.125"), "MXN") == Decimal("0.13")
    assert round_money(Decimal("-0.125"), "MXN") == Decimal("-0.13")
    assert round_money(Decimal("0.0005"), "TND") == Decimal("0.001")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("450", "450"),
        (" $450.50 ", "450.50"),
        ("450,5", "450.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234", "1234"),
        ("1234.5", "1234.5"),
    ],
)
def test_what_people_type_is_understood(typed, amount):
    assert parse_amount(typed, "MXN") == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("1.234", "COP", "1234"),
        ("12.990", "CLP", "12990"),
        ("1.234.567,5", "ARS", "1234567.5"),
        ("450.50", "ARS", "450.50"),
    ],
)
def test_a_point_groups_where_the_country_writes_so(typed, currency, amount):
    assert parse_amount(typed, currency) == Decimal(amount)


@pytest.mark.parametrize(
    "typed", ["", "0", "-5", "mil", "1e3", "1.2.3", "12,3456", "4.505", "NaN", "9" * 20, "١٢", "0.00"]
)
def test_what_is_not_money_is_refused_with_a_sentence(typed):
    with pytest.raises(BadAmount, match=r"\w+.*\."):
        parse_amount(typed, "MXN")


def test_decimals_are_those_of_the_currency():
    assert check_amount(Decimal("1.234"), "TND") == Decimal("1.234")
    with pytest.raises(BadAmount):
        check_amount(Decimal("1.5"), "CLP")
