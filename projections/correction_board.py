"""校核看板 Correction board: every case of wrong data, who must answer, until when, how it ended.

Decree 809 §26; DOMAIN D-09. The flag of a case travels with the data: who serves an entry asks
`flags_of_entry`.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import psycopg

from hub.feedback import events as e
from hub.feedback.kinds import CorrectionStatus, Defect, Verdict
from hub.personal import Commitment
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class CorrectionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it stands.

    `provider_id` is who must answer now; `trace` how the true source was found, the last if it
    was passed on more than once; `due_on` the last day for the answer; `outcome` the answer's
    words or the reason for keeping the data.
    """

    correction_id: str
    entry_id: str
    raiser_id: str
    provider_id: str
    resource_id: str
    status: CorrectionStatus
    defect: Defect
    what: str
    items: tuple[str, ...]
    records: int
    requested_at: datetime
    received_at: datetime | None = None
    due_on: date | None = None
    provisional: bool = False
    overdue: bool = False
    passed_on: int = 0
    trace: str = ""
    flagged: bool = False
    verdict: Verdict | None = None
    corrected: bool = False
    outcome: str = ""
    answered_at: datetime | None = None
    took_days: int | None = None
    contested: str = ""
    citizen_id: str = ""
    contact: Commitment = ""
    statement: Commitment = ""


def keys(event: e.CorrectionEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the case."""
    del recorded
    return ((event.correction_id,),)


def fold(
    key: Key, row: CorrectionRow | None, event: e.CorrectionEvent, recorded: Recorded
) -> CorrectionRow | None:
    """Fold one event into the case."""
    del key, recorded
    if isinstance(event, e.CorrectionRequested):
        return CorrectionRow(
            correction_id=event.correction_id,
            entry_id=event.entry_id,
            raiser_id=event.raiser_id,
            provider_id=event.provider_id,
            resource_id=event.resource_id,
            status=CorrectionStatus.REQUESTED,
            defect=event.defect,
            what=event.what,
            items=event.items,
            records=event.records,
            requested_at=event.at,
            citizen_id=event.citizen_id,
            contact=event.contact,
            statement=event.statement,
        )
    if row is None:
        return None
    return _changed(msgspec.structs.replace(row, provider_id=event.provider_id), event)


def _changed(row: CorrectionRow, event: e.CorrectionEvent) -> CorrectionRow:
    change = msgspec.structs.replace
    match event:
        case e.CorrectionReceived(due=due):
            row = change(row, status=CorrectionStatus.RECEIVED, received_at=event.at)
            return change(row, due_on=due.on, provisional=due.provisional)
        case e.CorrectionReturned():
            return change(
                row, provider_id=event.source_id, passed_on=row.passed_on + 1, trace=event.trace
            )
        case e.RecordsFlagged() | e.FlagCleared():
            return change(row, flagged=isinstance(event, e.RecordsFlagged))
        case e.CorrectionOverdue():
            return change(row, overdue=True)
        case e.CorrectionDueConfirmed(due=due) if row.received_at is not None:
            return change(row, due_on=due.on, provisional=due.provisional)
        case _:
            return _handled(row, event)


def _handled(row: CorrectionRow, event: e.CorrectionEvent) -> CorrectionRow:
    change, status = msgspec.structs.replace, CorrectionStatus
    match event:
        case e.CorrectionVerified():
            return change(row, status=status.VERIFIED, verdict=event.verdict)
        case e.DataCorrected():
            return change(row, status=status.CORRECTED, corrected=True)
        case e.CorrectionDeclined():
            return change(row, status=status.DECLINED, outcome=event.reason)
        case e.CorrectionResultReturned():
            row = change(row, status=status.ANSWERED, outcome=event.result)
            return change(row, answered_at=event.at, took_days=event.took_days)
        case e.CorrectionConfirmed():
            return change(row, status=status.CLOSED)
        case e.CorrectionContested():
            return change(row, status=status.DISPUTED, contested=event.reason)
        case _:
            return row


CORRECTION_BOARD = Projection(
    name="correction_board",
    version=2,
    row=CorrectionRow,
    key=("correction_id",),
    reads=(e.CorrectionEvent,),
    keys=keys,
    fold=fold,
)


def correction(connection: psycopg.Connection, correction_id: str) -> CorrectionRow | None:
    """Return one case."""
    with connection.cursor(row_factory=as_row(CorrectionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM correction_board
             WHERE correction_id = %s
            """,
            (correction_id,),
        ).fetchone()


def corrections(
    connection: psycopg.Connection,
    *,
    department_id: str = "",
    entry_id: str = "",
    status: CorrectionStatus | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[CorrectionRow]:
    """Return cases, the newest first: a department's (raised or to answer), an entry's, or all.

    The next page begins `after` (requested_at, correction_id) of this one's last line.
    """
    moment, correction_id = after or (None, "")
    with connection.cursor(row_factory=as_row(CorrectionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM correction_board
             WHERE (%(department_id)s = '' OR %(department_id)s IN (provider_id, raiser_id))
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(status)s = '' OR status = %(status)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (requested_at, correction_id) < (%(moment)s, %(correction_id)s))
             ORDER BY requested_at DESC, correction_id DESC
             LIMIT %(limit)s
            """,
            {
                "department_id": department_id,
                "entry_id": entry_id,
                "status": status or "",
                "moment": moment,
                "correction_id": correction_id,
                "limit": limit,
            },
        ).fetchall()


def flags_of_entry(connection: psycopg.Connection, entry_id: str) -> list[CorrectionRow]:
    """Return the cases whose records of an entry carry a flag now, the oldest first."""
    with connection.cursor(row_factory=as_row(CorrectionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM correction_board
             WHERE entry_id = %s
               AND flagged
             ORDER BY requested_at, correction_id
            """,
            (entry_id,),
        ).fetchall()
