"""How times, rates and runs are said, the same in the editor and in the terminal.

Pure functions of values: no clock, no locale, no terminal. Where a function is given *now*, its zone is the
reader's, and times are shown in it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

GLYPHS = {"SUCCESS": "✓", "FAILED": "✗", "RUNNING": "●", "LOST": "◌", "CANCELLED": "–"}
ASCII_GLYPHS = {"SUCCESS": "+", "FAILED": "x", "RUNNING": "*", "LOST": "?", "CANCELLED": "-"}
ENOUGH_RUNS = 5
"""From here on a share of runs is said in per cent."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def age(then: datetime, now: datetime) -> str:
    """`just now`, `42 s ago`, `3 min ago`, `5 h ago`, `yesterday 14:02`, `12 Nov 09:30`, `12 Nov 2025`.

    A time that lies ahead is a clock that differs: `just now` up to a minute, then the date.
    """
    seconds = (now - then).total_seconds()
    if seconds < -_MINUTE:
        return _date(then, now)
    if seconds < 10:
        return "just now"
    if seconds < _MINUTE:
        return f"{int(seconds)} s ago"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    local = then.astimezone(now.tzinfo)
    if seconds < _DAY / 2 or local.date() == now.date():
        return f"{int(seconds // _HOUR)} h ago"
    if local.date() == (now - timedelta(days=1)).date():
        return f"yesterday {clock(then, now)}"
    return _date(then, now)


def brief_age(then: datetime, now: datetime) -> str:
    """The age of something that lasts, in one unit: `5 h ago`, `3 d ago`, `2 w ago`, `2 y ago`."""
    count, unit = _coarse((now - then).total_seconds())
    return f"{count} {('d', 'w', 'y')[unit]} ago" if unit >= 0 else age(then, now)


def spelled_age(then: datetime, now: datetime) -> str:
    """As `brief_age`, for running text: `3 days ago`, `2 weeks ago`, `1 year ago`."""
    count, unit = _coarse((now - then).total_seconds())
    return f"{counted(count, ('day', 'week', 'year')[unit])} ago" if unit >= 0 else age(then, now)


def duration(ms: float) -> str:
    """`0.4 ms`, `340 ms`, `4.1 s`, `14 s`, `3 min 20 s`, `2 h 05 min`."""
    if ms < 9.95:
        return f"{max(ms, 0):.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 9_950:
        return f"{ms / 1000:.1f} s"
    seconds = round(ms / 1000)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE:02} s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes // 60} h {minutes % 60:02} min"


def rate(successes: int, runs: int) -> str:
    """`92 %`, and below `ENOUGH_RUNS` runs `3 of 4`. Only what is whole is 100 or 0 %."""
    if runs < ENOUGH_RUNS:
        return f"{successes} of {runs}"
    percent = round(100 * successes / runs)
    if 0 < successes < runs:
        percent = min(max(percent, 1), 99)
    return f"{percent} %"


def some_of(names: Sequence[str], most: int = 5) -> str:
    """The first *most* of them, and how many there are beside: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, noun: str) -> str:
    """`1 run`, `12 runs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def glyph(status: str, *, utf8: bool = True) -> str:
    """The sign of a run's or a step's status; *status* is a `RunStatus` or its text."""
    return (GLYPHS if utf8 else ASCII_GLYPHS)[status]


def short_run_id(run_id: str) -> str:
    """The last eight characters: a UUIDv7 begins with the time, so its end is what differs.

    More where that would begin with a sign: a command would take it for an option.
    """
    end = len(run_id) - 8
    while end > 0 and not run_id[end].isalnum():
        end -= 1
    return run_id[max(end, 0) :]


def clock(then: datetime, now: datetime) -> str:
    """`10:42`, in the zone of *now*."""
    return f"{then.astimezone(now.tzinfo):%H:%M}"


def exact(then: datetime, now: datetime) -> str:
    """`2026-11-12 09:30:07+01:00`, in the zone of *now*."""
    return then.astimezone(now.tzinfo).isoformat(" ", "seconds")


def _date(then: datetime, now: datetime) -> str:
    local = then.astimezone(now.tzinfo)
    day = f"{local.day} {MONTHS[local.month - 1]}"
    return f"{day} {clock(then, now)}" if local.year == now.year else f"{day} {local.year}"


def _coarse(seconds: float) -> tuple[int, int]:
    """How many of which: days 0, weeks 1, years 2; below a day the unit is -1."""
    days = int(seconds // _DAY)
    if days < 1:
        return 0, -1
    if days < 14:
        return days, 0
    return (days // 7, 1) if days < 365 else (days // 365, 2)
