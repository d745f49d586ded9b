"""How far back a person looks, and how that time is cut into hours and days of their own zone."""

import argparse
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

MAX_SPANS = 4_999
"""The daemon takes one edge more."""
MOST_DAYS = 36_500
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_TOMORROW = timedelta(days=1)
_AGO = re.compile(r"([0-9]{1,6})([mhdw])", re.ASCII)
FORMS = "90m, 12h, 7d, 2w or a day as in 2026-11-20"

Since = timedelta | date
"""An age, or a day of the reader's zone."""


def said(since: Since) -> str:
    """As `since_of` reads it."""
    if isinstance(since, date):
        return since.isoformat()
    return next(f"{since // unit}{name}" for name, unit in reversed(_UNITS.items()) if not since % unit)


def since_of(text: str) -> Since:
    """For `type=` of an argument."""
    found = _AGO.fullmatch(text)
    try:
        if found is not None:
            ago = int(found[1]) * _UNITS[found[2]]
            if timedelta(0) < ago <= timedelta(days=MOST_DAYS):
                return ago
        elif re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"takes {FORMS}, not '{text}'")


def moment(since: Since, now: datetime) -> datetime:
    """When *since* was, in the zone of *now*. No earlier than a hundred years ago, and no later than *now*."""
    oldest = now - timedelta(days=MOST_DAYS)
    if isinstance(since, timedelta):
        return max(now - since, oldest)
    # The ends of the calendar have no midnight in every zone.
    return oldest if since <= oldest.date() else now if since >= now.date() + _TOMORROW else _midnight(since)


def days(start: datetime, end: datetime) -> list[datetime]:
    """Midnights, as edges: from the one before *start* to the one behind *end*. A day may have 23 or 25 hours."""
    first, last = start.astimezone().date(), end.astimezone().date()
    return [_midnight(first + timedelta(days=number)) for number in range((last - first).days + 2)]


def hours(start: datetime, end: datetime) -> list[datetime]:
    """Whole hours of UTC, as edges: from the one before *start* to the one behind *end*."""
    first = start - timedelta(seconds=start.timestamp() % 3600)
    return list(_steps(first, end, timedelta(hours=1)))


def thinned(edges: list[datetime], most: int) -> list[datetime]:
    """Every so many of *edges*, first and last among them, so that they make at most *most* spans; the first is the short one."""
    step = -(-(len(edges) - 1) // most)
    kept = edges[::-1][::step][::-1] if step > 1 else edges
    return kept if kept[0] == edges[0] else [edges[0], *kept]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone()


def _steps(first: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while first <= end:
        yield first
        first += step
    yield first
