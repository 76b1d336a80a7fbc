"""A step of the made-up year: who says what to the public API, and at which moment.

The whole year is planned before it is lived: ids are made from the seed, so that a step can name
what an earlier one will have made. Steps of one lane follow each other; lanes do not wait for
one another within a day.
"""

import hashlib
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from adapters.seed import calendar_of
from hub.departments.calendar import (
    CHINA,
    Calendars,
    WorkCalendar,
    is_working_day,
    working_days_after,
)

YEAR = 2025
"""The year the city lives; its reports are filed in the first weeks of the next."""
FIRST_DAY = date(YEAR, 1, 2)
LAST_DAY = date(YEAR, 12, 31)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `path` under /api/v1, `body` its JSON, `payload` bytes to upload instead.

    A step with `refused` is meant to be turned down: it shows a rule at work.
    """

    at: datetime
    lane: str
    who: str
    path: str
    body: Mapping[str, Any] = {}
    payload: bytes = b""
    method: str = "POST"
    refused: bool = False


def _calendar(year: int) -> WorkCalendar:
    known = calendar_of(year)
    return WorkCalendar(
        year=year,
        version=1,
        holidays=frozenset(known.holidays),
        makeup_days=frozenset(known.makeup_days),
        provisional=known.provisional,
        document=known.document,
    )


CALENDARS: Calendars = {year: _calendar(year) for year in (YEAR - 1, YEAR, YEAR + 1)}


def moment(day: date, minute: int) -> datetime:
    """Return a moment of a day in office hours: so many minutes after nine in China."""
    return (datetime.combine(day, time(9), CHINA) + timedelta(minutes=minute)).astimezone(UTC)


def working_day(day: date) -> date:
    """Return the day itself if it is worked, else the next that is."""
    while not is_working_day(day, CALENDARS):
        day += timedelta(days=1)
    return day


def after(day: date, working_days: int) -> date:
    """Return the day so many working days later."""
    return working_days_after(day, working_days, CALENDARS).on


class Dice:
    """Chance that comes out the same for the same seed and name, whatever was drawn elsewhere."""

    def __init__(self, seed: int, name: str) -> None:
        """Begin a row of draws of its own."""
        self._key = f"{seed}/{name}"
        self.random = random.Random(self._key)  # noqa: S311 - chance for a story, not for secrets

    def ident(self, kind: str, name: str) -> str:
        """Return the id that a thing of this name has in this city."""
        digest = hashlib.sha256(f"{self._key}/{kind}/{name}".encode()).hexdigest()
        return f"{kind}:{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"

    def day(self, first: date, last: date) -> date:
        """Return a working day between two days."""
        return working_day(first + timedelta(days=self.random.randint(0, (last - first).days)))

    def minute(self, last: int = 480) -> int:
        """Return a minute of the office day."""
        return self.random.randint(0, last)


def org_id(key: str) -> str:
    """Return the id of the city's organisation of this key."""
    return f"departments.organization:{key}"


def basis_id(key: str) -> str:
    """Return the id of a legal basis of the seed."""
    return f"departments.legal_basis:{key}"
