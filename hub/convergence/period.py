"""数据周期 Period: the stretch of time a batch is the data of, written so that it says its length.

`2026` a year, `2026-H1` a half, `2026-Q3` a quarter, `2026-03` a month, `2026-W09` an ISO week,
`2026-03-02` a day. Standard library only: adapters in the departments use this file too.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class PeriodKind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


_FORMS = (
    (PeriodKind.DAY, re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
    (PeriodKind.WEEK, re.compile(r"(\d{4})-W(\d{2})")),
    (PeriodKind.MONTH, re.compile(r"(\d{4})-(\d{2})")),
    (PeriodKind.QUARTER, re.compile(r"(\d{4})-Q([1-4])")),
    (PeriodKind.HALF, re.compile(r"(\d{4})-H([12])")),
    (PeriodKind.YEAR, re.compile(r"(\d{4})")),
)
_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}

# Real time has no length of its own: a table fed in real time owes something every day.
KIND_OF_CYCLE: dict[str, PeriodKind] = {
    "realtime": PeriodKind.DAY,
    "daily": PeriodKind.DAY,
    "weekly": PeriodKind.WEEK,
    "monthly": PeriodKind.MONTH,
    "quarterly": PeriodKind.QUARTER,
    "half_yearly": PeriodKind.HALF,
    "yearly": PeriodKind.YEAR,
}
"""Update cycle -> the length of its periods; cycles that are not here expect nothing."""


@dataclass(frozen=True)
class Period:
    """A period with its first and last day (China)."""

    code: str
    kind: PeriodKind
    first: date
    last: date


def read_period(code: str) -> Period:
    """Return the period behind a code; raises ValueError when it is none."""
    for kind, form in _FORMS:
        found = form.fullmatch(code)
        if found:
            return _period(code, kind, [int(number) for number in found.groups()])
    msg = f"“{code}” is no period"
    raise ValueError(msg)


def period_of(kind: PeriodKind, day: date) -> Period:
    """Return the period of a length in which a day lies."""
    match kind:
        case PeriodKind.DAY:
            code = day.isoformat()
        case PeriodKind.WEEK:
            iso = day.isocalendar()
            code = f"{iso.year:04}-W{iso.week:02}"
        case PeriodKind.MONTH:
            code = f"{day.year:04}-{day.month:02}"
        case PeriodKind.QUARTER:
            code = f"{day.year:04}-Q{(day.month + 2) // 3}"
        case PeriodKind.HALF:
            code = f"{day.year:04}-H{(day.month + 5) // 6}"
        case PeriodKind.YEAR:
            code = f"{day.year:04}"
    return read_period(code)


def _period(code: str, kind: PeriodKind, numbers: list[int]) -> Period:
    if kind is PeriodKind.DAY:
        day = date(*numbers)
        return Period(code, kind, day, day)
    if kind is PeriodKind.WEEK:
        year, week = numbers
        monday = date.fromisocalendar(year, week, 1)
        return Period(code, kind, monday, monday + timedelta(days=6))
    months = _MONTHS[kind]
    year, number = (*numbers, 1)[:2]
    first = date(year, (number - 1) * months + 1, 1)
    after = number * months
    last = date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1)
    return Period(code, kind, first, last)
