"""年度报告台账 Annual reports: where each stands, and every version that was ever frozen (S-46)."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import psycopg

from hub.record import Recorded
from hub.supervision import events as e
from hub.supervision.kinds import ReportStatus
from projections.projection import Key, Projection
from projections.query import as_row


class FrozenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version whose figures stand for good, with the words it went out with.

    `explanation` says why this version replaced the one before.
    """

    version: int
    as_of: datetime
    last_event_position: int
    indicator_set: str
    figures_sha256: str
    overview: str = ""
    problems: str = ""
    next_steps: str = ""
    explanation: str = ""
    signed_by: str = ""
    signed_at: datetime | None = None
    filing_number: str = ""
    addressee_id: str = ""
    filed_at: datetime | None = None


class AnnualReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it stands: the words of the version in work, and all frozen versions."""

    report_id: str
    org_id: str
    year: int
    status: ReportStatus = ReportStatus.DUE
    version: int = 1
    due_on: date | None = None
    overdue: bool = False
    overview: str = ""
    problems: str = ""
    next_steps: str = ""
    explanation: str = ""
    versions: tuple[FrozenVersion, ...] = ()

    @property
    def frozen(self) -> FrozenVersion | None:
        """Return the current version where its figures are frozen."""
        last = self.versions[-1] if self.versions else None
        return last if last is not None and last.version == self.version else None


def keys(event: e.ReportEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the report."""
    del recorded
    return ((event.report_id,),)


def fold(
    key: Key, row: AnnualReportRow | None, event: e.ReportEvent, recorded: Recorded
) -> AnnualReportRow | None:
    """Fold one event into the report."""
    del key, recorded
    row = row or AnnualReportRow(report_id=event.report_id, org_id=event.org_id, year=event.year)
    change = msgspec.structs.replace
    match event:
        case e.ReportDutyRaised():
            return change(row, due_on=event.due.on)
        case e.ReportDrafted():
            return change(
                row,
                status=ReportStatus.DRAFT,
                overview=event.overview,
                problems=event.problems,
                next_steps=event.next_steps,
            )
        case e.ReportFrozen():
            versions = (*row.versions, _frozen(row, event))
            return change(row, status=ReportStatus.FROZEN, versions=versions)
        case e.ReportReviewed():
            return change(row, status=ReportStatus.REVIEWED)
        case e.ReportSigned() | e.ReportFiled():
            return _went_out(row, event)
        case e.ReportAmended():
            return change(
                row,
                status=ReportStatus.DRAFT,
                version=event.version,
                explanation=event.explanation,
            )
        case e.ReportOverdue():
            return change(row, overdue=True)
        case _:
            return row


def _went_out(row: AnnualReportRow, event: e.ReportSigned | e.ReportFiled) -> AnnualReportRow:
    """Note on the frozen version who signed it, or where it was filed."""
    *kept, last = row.versions
    change = msgspec.structs.replace
    if isinstance(event, e.ReportSigned):
        status = ReportStatus.SIGNED
        last = change(last, signed_by=event.by.person_id, signed_at=event.at)
    else:
        status = ReportStatus.FILED
        last = change(
            last,
            filing_number=event.filing_number,
            addressee_id=event.addressee_id,
            filed_at=event.at,
        )
    return change(row, status=status, versions=(*kept, last))


def _frozen(row: AnnualReportRow, event: e.ReportFrozen) -> FrozenVersion:
    return FrozenVersion(
        version=event.version,
        as_of=event.as_of,
        last_event_position=event.last_event_position,
        indicator_set=event.indicator_set,
        figures_sha256=event.figures_sha256,
        overview=row.overview,
        problems=row.problems,
        next_steps=row.next_steps,
        explanation=row.explanation,
    )


ANNUAL_REPORTS = Projection(
    name="annual_reports",
    version=1,
    row=AnnualReportRow,
    key=("report_id",),
    reads=(e.ReportEvent,),
    keys=keys,
    fold=fold,
)


def report_on(connection: psycopg.Connection, org_id: str, year: int) -> AnnualReportRow | None:
    """Return an organisation's report on a year."""
    with connection.cursor(row_factory=as_row(AnnualReportRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM annual_reports
             WHERE org_id = %s
               AND year = %s
            """,
            (org_id, year),
        ).fetchone()


def reports(
    connection: psycopg.Connection,
    *,
    year: int = 0,
    org_id: str = "",
    after: str = "",
    limit: int = 100,
) -> list[AnnualReportRow]:
    """Return reports by id, of one year or organisation or all; pages begin `after` a report_id."""
    with connection.cursor(row_factory=as_row(AnnualReportRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM annual_reports
             WHERE (%(year)s = 0 OR year = %(year)s)
               AND (%(org_id)s = '' OR org_id = %(org_id)s)
               AND report_id > %(after)s
             ORDER BY report_id
             LIMIT %(limit)s
            """,
            {"year": year, "org_id": org_id, "after": after, "limit": limit},
        ).fetchall()
