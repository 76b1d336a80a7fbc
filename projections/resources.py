"""数据资源 Resources: what stands behind the entries, whether it serves, and its newest data.

Decree 809 §22, §27: a service that went away without a filing stays in sight (P7).
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import psycopg

from hub.convergence.events import (
    DataPublished,
    FreshnessBreached,
    ResourceActivated,
    ResourceChanged,
    ResourceEvent,
    ResourceMounted,
    ResourceResumed,
    ResourceSuspended,
    ResourceTerminationFiled,
    ResourceTerminationNotified,
    ResourceTested,
    ResourceUnmounted,
)
from hub.convergence.kinds import ResourceStatus as Status
from hub.departments.due import Due
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class ResourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as it stands.

    `expects` is the period whose data is awaited, `period_ends_on` its last day, `due_on` and
    `ends_at` the end of its grace; empty where nothing is. `version` is that of its stream (ETag).
    """

    resource_id: str
    entry_id: str
    provider_id: str
    kind: str
    title: str
    locator: str
    items: tuple[str, ...]
    status: Status
    reason: str = ""
    version: int = 1
    mounted_at: datetime
    data_version: int = 0
    last_period: str = ""
    last_batch_id: str = ""
    last_rows: int = 0
    last_published_at: datetime | None = None
    expects: str = ""
    period_ends_on: date | None = None
    due_on: date | None = None
    ends_at: datetime | None = None
    breaches: int = 0
    ends_on: date | None = None
    filing_number: str = ""
    ended_at: datetime | None = None
    without_filing: bool = False


def keys(event: ResourceEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the one line an event touches."""
    del recorded
    return ((event.resource_id,),)


def fold(
    key: Key, row: ResourceRow | None, event: ResourceEvent, recorded: Recorded
) -> ResourceRow | None:
    """Fold one event into a resource's line."""
    del key
    if isinstance(event, ResourceMounted):
        return ResourceRow(
            resource_id=event.resource_id,
            entry_id=event.entry_id,
            provider_id=event.provider_id,
            kind=event.kind,
            title=event.title,
            locator=event.locator,
            items=event.items,
            status=Status.MOUNTED,
            mounted_at=event.at,
        )
    if row is None:
        return None
    changed = _changed(row, event)
    return msgspec.structs.replace(changed, provider_id=event.provider_id, version=recorded.version)


def _changed(row: ResourceRow, event: ResourceEvent) -> ResourceRow:
    change = msgspec.structs.replace
    match event:
        case ResourceTested():
            tested = event.ok and row.status is Status.MOUNTED
            status = Status.TESTED if tested else row.status
            return change(row, status=status, reason=event.findings)
        case ResourceActivated() | ResourceResumed():
            served = change(row, status=Status.ACTIVE, reason="")
            return _awaiting(served, event.expects, event.due)
        case ResourceChanged():
            return change(row, title=event.title, locator=event.locator, items=event.items)
        case ResourceSuspended():
            idle = change(row, status=Status.SUSPENDED, reason=event.reason)
            return _awaiting(idle, "", None)
        case ResourceTerminationNotified():
            return change(row, status=Status.ENDING, reason=event.reason, ends_on=event.ends_on)
        case ResourceTerminationFiled():
            return change(row, filing_number=event.filing_number)
        case ResourceUnmounted():
            gone = change(
                row,
                status=Status.ENDED,
                reason=event.reason,
                ended_at=event.at,
                without_filing=event.without_filing,
            )
            return _awaiting(gone, "", None)
        case DataPublished():
            return _published(row, event)
        case FreshnessBreached():
            late = change(row, breaches=row.breaches + 1)
            return _awaiting(late, event.expects, event.due)
        case _:
            return row


def _published(row: ResourceRow, event: DataPublished) -> ResourceRow:
    newer = msgspec.structs.replace(
        row,
        data_version=event.data_version,
        last_period=event.period,
        last_batch_id=event.batch_id,
        last_rows=event.rows,
        last_published_at=event.at,
    )
    return newer if event.due is None else _awaiting(newer, event.expects, event.due)


def _awaiting(row: ResourceRow, expects: str, due: Due | None) -> ResourceRow:
    return msgspec.structs.replace(
        row,
        expects=expects,
        period_ends_on=due.started_on if due else None,
        due_on=due.on if due else None,
        ends_at=due.ends_at if due else None,
    )


RESOURCES = Projection(
    name="resources",
    version=1,
    row=ResourceRow,
    key=("resource_id",),
    reads=(ResourceEvent,),
    keys=keys,
    fold=fold,
)


def resource(connection: psycopg.Connection, resource_id: str) -> ResourceRow | None:
    """Return one resource's line; None when nothing is mounted under this id."""
    with connection.cursor(row_factory=as_row(ResourceRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM resources
             WHERE resource_id = %s
            """,
            (resource_id,),
        ).fetchone()


def resources(
    connection: psycopg.Connection,
    *,
    entry_id: str = "",
    provider_id: str = "",
    status: str = "",
    after: str = "",
    limit: int = 100,
) -> list[ResourceRow]:
    """Return resources by id, of an entry, a provider or in a state where one is given.

    The next page begins `after` the last id of this one.
    """
    with connection.cursor(row_factory=as_row(ResourceRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM resources
             WHERE resource_id > %(after)s
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND (%(status)s = '' OR status = %(status)s)
             ORDER BY resource_id
             LIMIT %(limit)s
            """,
            {
                "after": after,
                "entry_id": entry_id,
                "provider_id": provider_id,
                "status": status,
                "limit": limit,
            },
        ).fetchall()


def ended_at_will(
    connection: psycopg.Connection,
    *,
    provider_id: str = "",
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[ResourceRow]:
    """Return services that went away without a filing (P7), the newest first.

    The next page begins `after` (ended_at, resource_id) of this one's last line.
    """
    moment, resource_id = after or (None, "")
    with connection.cursor(row_factory=as_row(ResourceRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM resources
             WHERE without_filing
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (ended_at, resource_id) < (%(moment)s, %(resource_id)s))
             ORDER BY ended_at DESC, resource_id DESC
             LIMIT %(limit)s
            """,
            {
                "provider_id": provider_id,
                "moment": moment,
                "resource_id": resource_id,
                "limit": limit,
            },
        ).fetchall()
