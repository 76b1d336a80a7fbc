"""汇聚批次 Batches: every delivery with its manifest, what was checked, and what became of it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import psycopg

from hub.convergence.events import (
    BatchAccepted,
    BatchDelivered,
    BatchEvent,
    BatchPublished,
    BatchReceived,
    BatchReconciled,
    BatchRejected,
    BatchVerified,
    Check,
    Finding,
)
from hub.convergence.kinds import BatchStatus as Status
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as it stands. `rows`, `bytes`, `sha256` are the hub's own once it is received.

    `findings` name rules, items, counts and row numbers, never a value. `agrees` is what the last
    comparison of books found; None before there was one.
    """

    batch_id: str
    resource_id: str
    entry_id: str
    provider_id: str
    period: str
    rows: int
    bytes: int
    sha256: str
    file_name: str
    content_type: str
    standard_version: str
    supersedes: str
    status: Status
    version: int
    delivered_at: datetime
    delivered_by: str
    position: int
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    data_version: int = 0
    decided_at: datetime | None = None
    published_at: datetime | None = None
    agrees: bool | None = None


def keys(event: BatchEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the one line an event touches."""
    del recorded
    return ((event.batch_id,),)


def fold(key: Key, row: BatchRow | None, event: BatchEvent, recorded: Recorded) -> BatchRow | None:
    """Fold one event into a batch's line."""
    del key
    if isinstance(event, BatchDelivered):
        return BatchRow(
            batch_id=event.batch_id,
            resource_id=event.resource_id,
            entry_id=event.entry_id,
            provider_id=event.provider_id,
            period=event.period,
            rows=event.rows,
            bytes=event.bytes,
            sha256=event.sha256,
            file_name=event.file_name,
            content_type=event.content_type,
            standard_version=event.standard_version,
            supersedes=event.supersedes,
            status=Status.DELIVERED,
            version=recorded.version,
            delivered_at=event.at,
            delivered_by=event.by.person_id,
            position=recorded.position,
        )
    if row is None:
        return None
    return msgspec.structs.replace(_changed(row, event), version=recorded.version)


def _changed(row: BatchRow, event: BatchEvent) -> BatchRow:
    change = msgspec.structs.replace
    match event:
        case BatchReceived():
            return change(
                row,
                status=Status.RECEIVED,
                rows=event.rows,
                bytes=event.bytes,
                sha256=event.sha256,
            )
        case BatchVerified():
            return change(row, status=Status.CHECKED, checks=event.checks, findings=event.findings)
        case BatchAccepted():
            return change(row, status=Status.ACCEPTED, decided_at=event.at)
        case BatchRejected():
            return change(row, status=Status.REJECTED, decided_at=event.at, reason=event.reason)
        case BatchPublished():
            return change(
                row,
                status=Status.LIVE,
                data_version=event.data_version,
                published_at=event.at,
            )
        case BatchReconciled():
            return change(row, agrees=event.matches)
        case _:
            return row


BATCHES = Projection(
    name="batches",
    version=1,
    row=BatchRow,
    key=("batch_id",),
    reads=(BatchEvent,),
    keys=keys,
    fold=fold,
)


def batch(connection: psycopg.Connection, batch_id: str) -> BatchRow | None:
    """Return one batch's line; None when nothing was delivered under this id."""
    with connection.cursor(row_factory=as_row(BatchRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM batches
             WHERE batch_id = %s
            """,
            (batch_id,),
        ).fetchone()


def batches(
    connection: psycopg.Connection,
    *,
    resource_id: str = "",
    entry_id: str = "",
    provider_id: str = "",
    status: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[BatchRow]:
    """Return batches, the newest delivery first, of a resource, entry or provider if given.

    The next page begins `before` the position of this one's last line.
    """
    with connection.cursor(row_factory=as_row(BatchRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM batches
             WHERE (%(before)s::bigint IS NULL OR position < %(before)s)
               AND (%(resource_id)s = '' OR resource_id = %(resource_id)s)
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND (%(status)s = '' OR status = %(status)s)
             ORDER BY position DESC
             LIMIT %(limit)s
            """,
            {
                "before": before,
                "resource_id": resource_id,
                "entry_id": entry_id,
                "provider_id": provider_id,
                "status": status,
                "limit": limit,
            },
        ).fetchall()


def live_batches(
    connection: psycopg.Connection, entry_id: str, *, after: int = 0, limit: int = 100
) -> list[BatchRow]:
    """Return an entry's published batches in the order they were delivered.

    A batch that another live one supersedes is left out. The next page begins `after` the
    position of this one's last line.
    """
    with connection.cursor(row_factory=as_row(BatchRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM batches AS b
             WHERE entry_id = %(entry_id)s
               AND status = 'live'
               AND position > %(after)s
               AND NOT EXISTS (SELECT 1
                                 FROM batches AS newer
                                WHERE newer.supersedes = b.batch_id
                                  AND newer.status = 'live')
             ORDER BY position
             LIMIT %(limit)s
            """,
            {"entry_id": entry_id, "after": after, "limit": limit},
        ).fetchall()
