"""The days on which nobody is cut: weekends, holidays and their eves, as a policy says. Pure: no clock, no database."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Protocol

import holidays

from billing.domain.verdicts import Reason

SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


class CutDays(Protocol):
    """What of a policy says on which days nobody is cut. `country` is the provider's, as ISO 3166 has it."""

    @property
    def spare_weekends(self) -> bool:
        """No cuts on Saturdays and Sundays."""

    @property
    def spare_holidays(self) -> bool:
        """No cuts on holidays."""

    @property
    def spare_eves(self) -> bool:
        """No cuts the day before one of those."""

    @property
    def holidays_region(self) -> str:
        """The subdivision whose holidays count beside the country's."""

    @property
    def country(self) -> str:
        """Whose holidays count."""


def day_off(rules: CutDays, day: dt.date) -> Reason | None:
    """Why nobody is cut on `day`; None when it is a day like any other."""
    found = _off(rules, day)
    if found:
        return found
    following = _off(rules, day + ONE_DAY) if rules.spare_eves else None
    return Reason("eve", {**following.facts, "of": following.code}) if following else None


def _off(rules: CutDays, day: dt.date) -> Reason | None:
    if rules.spare_holidays and (name := holiday_name(rules.country, rules.holidays_region, day)):
        return Reason("holiday", {"day": day.isoformat(), "name": name})
    if rules.spare_weekends and day.weekday() >= SATURDAY:
        return Reason("weekend", {"day": day.isoformat()})
    return None


def holiday_name(country: str, region: str, day: dt.date) -> str:
    """What a day is called where it is a holiday, in the country's own words; nothing when it is none."""
    return _year(country, region, day.year).get(day, "")


def regions_of(country: str) -> dict[str, str]:
    """The regions whose holidays are known, by code; their names, or the code where there is no other."""
    found = _class_of(country)
    if found is None:
        return {}
    names = {code: name for name, code in getattr(found, "subdivisions_aliases", {}).items()}
    return {code: names.get(code, code) for code in found.subdivisions}


@lru_cache(maxsize=256)
def _year(country: str, region: str, year: int) -> dict[dt.date, str]:
    found = _class_of(country)
    if found is None:
        return {}
    # A region that was renamed since must not stop the night: the country's holidays still count.
    subdivision = region if region in found.subdivisions else None
    # In the country's own words, whatever language the machine is set to.
    return dict(found(subdiv=subdivision, years=year, language=found.default_language).items())


def _class_of(country: str) -> type[holidays.HolidayBase] | None:
    return getattr(holidays, country, None) if country in holidays.list_supported_countries() else None
