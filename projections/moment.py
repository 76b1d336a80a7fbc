"""Which moment is meant: a day, a time, or a position of the record; and how people write it."""

import re
from datetime import UTC, date, datetime, timedelta

import msgspec

from hub.departments.calendar import CHINA, end_of

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Moment(msgspec.Struct, frozen=True):
    """What had happened in law by `as_of`, and what the record held at position `until`.

    With both: what had happened by then as far as the hub knew it at that position.
    """

    as_of: datetime | None = None
    until: int | None = None

    @property
    def schema(self) -> str:
        """Return the name of the schema in which this past stands, e.g. past_20250630T160000."""
        parts = ["past"]
        if self.as_of is not None:
            digits = self.as_of.astimezone(UTC).isoformat(timespec="microseconds")
            parts.append(re.sub(r"\D", "", digits.partition("+")[0]))
        if self.until is not None:
            parts.append(f"p{self.until}")
        return "_".join(parts)


def is_day(text: str) -> bool:
    """Say whether somebody wrote a day, not a time."""
    return _DAY.fullmatch(text) is not None


def moment_of(text: str) -> datetime:
    """Return the moment meant: a day is over at its 24:00 in China, a bare time is China's.

    Raises ValueError for what is neither.
    """
    try:
        if is_day(text):
            return end_of(date.fromisoformat(text)) - timedelta(microseconds=1)
        if "T" not in text and " " not in text:
            # 20250630 would be read as the first moment of that day: not what anybody means.
            msg = f"{text} is neither a day (2025-06-30) nor a time"
            raise ValueError(msg)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).astimezone(UTC)
    except OverflowError as error:
        msg = f"{text} lies outside the calendar"
        raise ValueError(msg) from error
