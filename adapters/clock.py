"""The clock: it records that a term ended, once, and makes provisional terms final.

It looks at the deadlines every second and after each catch-up. Every command it gives has an id
that follows from the clock, the duty and its day, so that a second clock, or the same one after a
restart, changes nothing. What it may say is decided by the hub as for anybody else.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime

import psycopg

from adapters.wish import Say, Wish, send, wish_id
from hub.catalog import commands as catalog
from hub.command import Command
from hub.convergence import commands as convergence
from hub.departments.calendar import business_year, end_of
from hub.departments.due import Duty
from hub.departments.kinds import OrganizationKind
from hub.execute import Hub
from hub.feedback import commands as feedback
from hub.security import commands as security
from hub.sharing import commands as sharing
from hub.sharing import grant_commands as grants
from hub.state import kind_of
from hub.supervision import commands as supervision
from projections import deadlines
from projections.connect import connect
from projections.deadlines import DeadlineRow

LAPSES: dict[tuple[str, Duty], type[Command]] = {
    ("catalog.entry", Duty.UPDATE): catalog.RecordUpdateOverdue,
    ("catalog.entry", Duty.REVIEW): catalog.RecordReviewOverdue,
    ("convergence.resource", Duty.REFRESH): convergence.RecordFreshnessBreach,
    ("sharing.request", Duty.SCREEN): sharing.RecordScreeningOverdue,
    ("sharing.request", Duty.REPLY): sharing.RecordReplyOverdue,
    ("sharing.request", Duty.PROVIDE): sharing.RecordProvisionOverdue,
    ("sharing.grant", Duty.GRANT_END): grants.ExpireGrant,
    ("sharing.grant", Duty.DISPOSE): grants.RecordDisposalOverdue,
    ("sharing.grant", Duty.FEEDBACK): feedback.RecordFeedbackOverdue,
    ("feedback.feedback", Duty.ANSWER_FEEDBACK): feedback.RecordFeedbackAnswerOverdue,
    ("feedback.correction", Duty.CORRECT): feedback.RecordCorrectionOverdue,
    ("feedback.correction", Duty.SCREEN): feedback.RecordForwardingOverdue,
    ("security.personal", Duty.ERASE): security.EraseAfterRetention,
    ("supervision.report", Duty.REPORT): supervision.RecordReportOverdue,
    ("supervision.audit", Duty.AUDIT_ANSWER): supervision.RecordAuditAnswerOverdue,
}
"""Whose clock and which duty -> the command that records its end; its one field is that id."""

CONFIRMS: dict[str, type[Command]] = {
    "catalog.entry": catalog.ConfirmCatalogEntryDue,
    "sharing.request": sharing.ConfirmRequestDue,
    "sharing.grant": grants.ConfirmGrantDue,
    "feedback.feedback": feedback.ConfirmFeedbackDue,
    "feedback.correction": feedback.ConfirmCorrectionDue,
}
"""Whose clock -> the command that makes its provisional terms final."""

_REPORTING = (
    OrganizationKind.DEPARTMENT,
    OrganizationKind.AUTHORIZED,
    OrganizationKind.AUTHORITY,
)


def wall_clock(connection: psycopg.Connection) -> datetime:
    """Return what time it is."""
    del connection
    return datetime.now(UTC)


class RecordedTime:
    """The time of a hub into which history is imported: the latest legal time in the record.

    A replayed year does not call everybody late by today's date.
    """

    def __init__(self) -> None:
        """Begin before the first event."""
        self._position = 0
        self._at = datetime(2000, 1, 1, tzinfo=UTC)

    def __call__(self, connection: psycopg.Connection) -> datetime:
        """Return the latest legal time the audit trail shows."""
        row = connection.execute(
            """
            SELECT max(position), max(at)
              FROM audit_trail
             WHERE position > %s
            """,
            (self._position,),
        ).fetchone()
        if row is not None and row[0] is not None:
            self._position = row[0]
            self._at = max(self._at, row[1])
        return self._at


class Clock:
    """Looks at the deadlines and speaks to the hub; `tick` is one look."""

    def __init__(
        self,
        hub: Hub,
        url: str,
        *,
        say: Say,
        now: Callable[[psycopg.Connection], datetime] = wall_clock,
    ) -> None:
        """Keep the hub and the address of the projections."""
        self._hub = hub
        self._url = url
        self._say = say
        self._now = now
        self._connection: psycopg.Connection | None = None
        self._answered: set[str] = set()
        self._calendars: dict[str, int] = {}
        self._year = 0

    async def tick(self) -> int:
        """Record what has ended since the last look; return how many commands were answered.

        Nothing is lost when PostgreSQL is away: the next look finds the same deadlines.
        """
        try:
            wishes = await asyncio.to_thread(self._look)
        except psycopg.OperationalError:
            self.close()
            return 0
        self._answered |= await send(self._hub, wishes, self._say)
        return len(wishes)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self) -> list[Wish]:
        if self._connection is None:
            self._connection = connect(self._url, purpose="clock")
        connection = self._connection
        now = self._now(connection)
        ended = deadlines.to_lapse(connection, now, limit=500 + len(self._answered))
        wishes = [wish for row in ended if (wish := _lapse(row)) is not None]
        wishes += self._confirmations(connection, now)
        wishes += self._report_duties(connection, now)
        return [wish for wish in wishes if wish[0] not in self._answered]

    def _report_duties(self, connection: psycopg.Connection, now: datetime) -> list[Wish]:
        """Return the duties that begin with a new year, until all of them are answered."""
        year = business_year(now) - 1
        if year == self._year:
            return []
        wishes = _report_duties(connection, year)
        if all(command_id in self._answered for command_id, _, _ in wishes):
            self._year = year
        return wishes

    def _confirmations(self, connection: psycopg.Connection, now: datetime) -> list[Wish]:
        """Return what a newly published calendar makes final; nothing while none is new."""
        found: dict[str, int] = dict(
            connection.execute(
                """
                SELECT stream_id, version
                  FROM record.streams
                 WHERE starts_with(stream_id, 'departments.calendar:')
                   AND stream_id >= 'departments.calendar:'
                   AND stream_id < 'departments.calendar;'
                """
            ).fetchall()
        )
        if found == self._calendars:
            return []
        years = sorted(int(name.partition(":")[2]) for name in found)
        waiting = {
            (row.clock_id, row.duty): row
            for year in years
            for row in deadlines.provisional_in(connection, year)
        }
        versions = "".join(f" {name}/{version}" for name, version in sorted(found.items()))
        self._calendars = found
        return [
            wish for row in waiting.values() if (wish := _confirm(row, versions, now)) is not None
        ]


def _lapse(row: DeadlineRow) -> Wish | None:
    kind = LAPSES.get((kind_of(row.clock_id), Duty(row.duty)))
    if kind is None:
        return None
    words = f"lapse {row.clock_id} {row.duty} {row.due_on}"
    return wish_id(words), _about(kind, row.clock_id), row.ends_at


def _confirm(row: DeadlineRow, versions: str, now: datetime) -> Wish | None:
    kind = CONFIRMS.get(kind_of(row.clock_id))
    if kind is None:
        return None
    words = f"confirm {row.clock_id} {row.duty} {row.due_on}{versions}"
    return wish_id(words), _about(kind, row.clock_id), now


def _report_duties(connection: psycopg.Connection, year: int) -> list[Wish]:
    """Return what begins on 1 January: the duty to report on the year that ended (D-17, D-18)."""
    begins_at = end_of(date(year, 12, 31))
    reporting = connection.execute(
        """
        SELECT org_id
          FROM directory
         WHERE active
           AND kind = ANY (%s)
           AND registered_at < %s
           AND NOT EXISTS (SELECT
                             FROM deadlines
                            WHERE clock_id = 'supervision.report:' || %s::text || '-'
                                             || split_part(org_id, ':', 2)
                              AND duty = 'report')
        """,
        (list(_REPORTING), begins_at, year),
    ).fetchall()
    return [
        (
            wish_id(f"report {org_id} {year}"),
            supervision.RaiseReportDuty(org_id=org_id, year=year),
            begins_at,
        )
        for (org_id,) in reporting
    ]


def _about(kind: type[Command], subject_id: str) -> Command:
    [field] = kind.model_fields
    return kind.model_validate({field: subject_id})
