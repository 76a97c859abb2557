"""Minutes of business: nights, Sundays, holidays, midnight, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.business_hours import business_due, is_open, open_stretches
from inbox.organise_forms import read_hours

ZONES = ["America/Mexico_City", "America/Santiago", "America/New_York", "America/Sao_Paulo", "America/Argentina/Salta"]
WEEK = {str(day): [["09:00", "18:00"]] for day in range(5)} | {"5": [["09:00", "14:00"]], "6": []}
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}
MX = ZoneInfo("America/Mexico_City")


def due(since, minutes, hours=WEEK, closed=(), zone=MX):
    return business_due(since=since, minutes=minutes, hours=hours, closed_days=closed, zone=zone)


@pytest.mark.parametrize(
    ("since", "minutes", "expected"),
    [
        ("2026-11-23T10:00", 30, "2026-11-23T10:30"),
        ("2026-11-23T17:45", 30, "2026-11-24T09:15"),
        ("2026-11-23T17:30", 30, "2026-11-23T18:00"),
        ("2026-11-23T03:00", 30, "2026-11-23T09:30"),
        ("2026-11-28T13:50", 30, "2026-11-30T09:20"),
        ("2026-11-23T12:00", 12 * 60, "2026-11-24T15:00"),
    ],
)
def test_nights_and_sundays_do_not_count(since, minutes, expected):
    since, expected = (datetime.fromisoformat(text).replace(tzinfo=MX) for text in (since, expected))
    assert due(since, minutes) == expected


def test_closed_days_do_not_count():
    since = datetime(2026, 12, 24, 17, 50, tzinfo=MX)
    assert due(since, 30, closed=["2026-12-25"]) == datetime(2026, 12, 26, 9, 20, tzinfo=MX)


def test_no_target_and_nobody_ever_there():
    now = datetime(2026, 11, 23, 10, tzinfo=MX)
    assert due(now, 0) is None
    assert due(now, 5, hours={}) is None


def test_the_night_clocks_change_neither_gives_nor_takes():
    ny = ZoneInfo("America/New_York")
    for begin in (datetime(2026, 3, 7, 23, tzinfo=ny), datetime(2026, 10, 31, 23, tzinfo=ny)):
        assert due(begin, 8 * 60, hours=ALWAYS, zone=ny) == begin.astimezone(UTC) + timedelta(hours=8)


moments = st.integers(0, 5 * 365 * 24 * 60).map(
    lambda minute: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
clocks = st.integers(0, 24 * 60).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
stretches = st.lists(st.tuples(clocks, clocks).filter(lambda s: s[0] < s[1]).map(list), max_size=3)
weeks = st.fixed_dictionaries({str(day): stretches for day in range(7)})


@given(moments, st.integers(1, 5000), weeks, st.sampled_from(ZONES))
def test_exactly_so_many_minutes_of_business_lie_between(since, minutes, hours, zone_name):
    zone = ZoneInfo(zone_name)
    found = due(since, minutes, hours=hours, zone=zone)
    if found is None:
        total = sum(
            (e - b for b, e in open_stretches(since=since, hours=hours, closed_days=(), zone=zone)), timedelta()
        )
        assert total < timedelta(minutes=minutes)
        return
    passed, before = timedelta(), since
    for begin, end in open_stretches(since=since, hours=hours, closed_days=(), zone=zone):
        assert before <= begin < end
        before = end
        passed += max(min(end, found) - begin, timedelta())
        if end >= found:
            break
    assert passed == timedelta(minutes=minutes)


@given(moments, st.integers(1, 500), st.integers(1, 500), weeks, st.sampled_from(ZONES))
def test_more_minutes_are_never_sooner(since, some, more, hours, zone_name):
    zone = ZoneInfo(zone_name)
    early, late = due(since, some, hours, (), zone), due(since, some + more, hours, (), zone)
    assert late is None or (early is not None and since < early < late)


@given(moments, st.sampled_from(ZONES))
def test_always_open_is_real_time(since, zone_name):
    zone = ZoneInfo(zone_name)
    assert is_open(now=since, hours=ALWAYS, closed_days=(), zone=zone)
    assert due(since, 1440, ALWAYS, (), zone) == since + timedelta(days=1)


def test_hours_are_read_as_people_write_them():
    assert read_hours("16:00-19:00, 9:00 a 13:00") == [["09:00", "13:00"], ["16:00", "19:00"]]
    assert read_hours("00:00-24:00") == [["00:00", "24:00"]]
    assert read_hours("  ") == []


@pytest.mark.parametrize(
    "text", ["9", "9:00-8:00", "9:00-25:00", "9:60-10:00", "9:00-12:00,11:00-13:00", "24:00-24:00"]
)
def test_what_is_no_hour_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- the text itself is the message
        read_hours(text)
