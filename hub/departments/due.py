"""Duties with a clock: what must be done, by whom, until when (DOMAIN §2.2).

An event with a field `due` starts or moves the clock of that duty; an event that lists the duty
in `STOPS` stops it; the clock process records that it lapsed with an event that names it in
`LAPSES`. The clock belongs to the event's `clock_id`, its own stream unless it says otherwise.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec


class Duty(StrEnum):
    """A duty whose term law or the city fixes."""

    UPDATE = "update"
    REVIEW = "review"
    SCREEN = "screen"
    REPLY = "reply"
    PROVIDE = "provide"
    CORRECT = "correct"
    DISPOSE = "dispose"
    FEEDBACK = "feedback"
    ANSWER_FEEDBACK = "answer_feedback"
    REPORT = "report"
    AUDIT_ANSWER = "audit_answer"
    GRANT_END = "grant_end"
    REFRESH = "refresh"
    ERASE = "erase"


class Due(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a duty must be done, and under which rules that was counted.

    `owner_id` is the organisation that would be late; `on` the last day (China), `ends_at` its
    end (UTC); `calendars` the work calendars used as `year/version`. A provisional date touches a
    year whose calendar is not published: nobody is called late on it.
    """

    duty: Duty
    rule: str
    owner_id: str
    started_on: date
    on: date
    ends_at: datetime
    rule_version: int
    calendars: tuple[str, ...] = ()
    provisional: bool = False
