"""When somebody is there: minutes of business, counted in the provider's own days.

Pure. `hours` is {"0": [["09:00", "18:00"], …], …} with Monday "0"; an end of "24:00" is midnight. Days are those of the
wall clock, minutes are real ones: the night in which clocks change neither gives nor takes any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = Mapping[str, Sequence[Sequence[str]]]
FARTHEST = 400  # days looked ahead; who is closed for longer has no targets


def business_due(
    *, since: datetime, minutes: int, hours: Hours, closed_days: Collection[str], zone: ZoneInfo
) -> datetime | None:
    """Return when `minutes` of business have passed after `since` (aware); in UTC.

    None for 0 minutes, which is no target, and where nobody is there for over a year.
    """
    if minutes <= 0:
        return None
    left = timedelta(minutes=minutes)
    for begin, end in open_stretches(since=since, hours=hours, closed_days=closed_days, zone=zone):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def is_open(*, now: datetime, hours: Hours, closed_days: Collection[str], zone: ZoneInfo) -> bool:
    """Say whether somebody is there at `now`."""
    first = next(open_stretches(since=now, hours=hours, closed_days=closed_days, zone=zone), None)
    return first is not None and first[0] <= now


def open_stretches(
    *, since: datetime, hours: Hours, closed_days: Collection[str], zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of business from `since` on, in order, as (begin, end) in UTC."""
    since, reached = since.astimezone(UTC), since.astimezone(UTC)
    today = since.astimezone(zone).date()
    closed = set(closed_days)
    for ahead in range(FARTHEST):
        day = today + timedelta(days=ahead)
        if day.isoformat() in closed:
            continue
        for opens, closes in sorted(tuple(stretch) for stretch in hours.get(str(day.weekday()), ())):
            begin, end = max(_moment(day, opens, zone), reached), _moment(day, closes, zone)
            if end > begin:
                reached = end
                yield begin, end


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Return an hour of the wall clock in UTC. One that the clocks skip is the moment they do."""
    hour, minute = (int(part) for part in clock.split(":"))
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
