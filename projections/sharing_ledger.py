"""共享台账 Sharing ledger: every grant, on what basis, its scope, its use, its end and disposal.

Decree 809 §25–§27, §29; DOMAIN §3.8. The names of entries and departments are joined when asked.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never

import msgspec
import psycopg

from hub.catalog.kinds import ShareMethod
from hub.record import Recorded
from hub.sharing import grant_events as g
from hub.sharing.kinds import DisposalMethod, EndCause, GrantStatus, SuspensionReason
from projections.projection import Key, Projection
from projections.query import as_row

LedgerEvents = g.GrantEvents | g.UsageEvents


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as it stands; calls, rows and bytes are sums over its reports of use.

    `reason` belongs to the suspension or the end. A disposal that is not required has no due date.
    """

    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    status: GrantStatus
    legal_basis_id: str
    article: str
    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    systems: tuple[str, ...]
    service_items: tuple[str, ...]
    conditions: tuple[str, ...]
    valid_from: date
    valid_to: date
    calls_per_day_max: int
    issued_at: datetime
    activated_at: datetime | None = None
    first_used_on: date | None = None
    last_used_on: date | None = None
    reports: int = 0
    calls: int = 0
    ok: int = 0
    failed: int = 0
    rows: int = 0
    bytes: int = 0
    anomalies: int = 0
    suspension: SuspensionReason | None = None
    rectify_by: date | None = None
    ended_at: datetime | None = None
    end_cause: EndCause | None = None
    reason: str = ""
    disposal_due_on: date | None = None
    disposal_provisional: bool = False
    disposal_overdue: bool = False
    disposal_method: DisposalMethod | None = None
    disposed_on: date | None = None


_change = msgspec.structs.replace


def keys(event: LedgerEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the grant."""
    del recorded
    return ((event.grant_id,),)


def fold(
    key: Key, row: LedgerRow | None, event: LedgerEvents, recorded: Recorded
) -> LedgerRow | None:
    """Fold one event into the grant."""
    del key, recorded
    if isinstance(event, g.GrantIssued):
        return _issued(event)
    if row is None:
        return None
    if isinstance(event, g.GrantEvent):
        row = _change(row, provider_id=event.provider_id)
    match event:
        case (
            g.GrantActivated()
            | g.GrantFirstUsed()
            | g.GrantScopeExtended()
            | g.GrantSuspended()
            | g.GrantResumed()
        ):
            return _ran(row, event)
        case g.GrantTerminated() | g.GrantExpired() | g.GrantEnded():
            return _ended(row, event)
        case (
            g.DisposalRequired()
            | g.DisposalConfirmed()
            | g.DisposalOverdue()
            | g.GrantDueConfirmed()
        ):
            return _disposed(row, event)
        case g.UsageRecorded():
            return _used(row, event)
        case g.ServiceItemLinked():
            items = (*row.service_items, event.service_item)
            return _change(row, service_items=tuple(dict.fromkeys(items)))
        case g.AnomalousUseDetected():
            return _change(row, anomalies=row.anomalies + 1)
        case g.UsageRegisterEntryFiled():
            return row
        case _:
            assert_never(event)


def _issued(event: g.GrantIssued) -> LedgerRow:
    return LedgerRow(
        grant_id=event.grant_id,
        request_id=event.request_id,
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        status=GrantStatus.ISSUED,
        legal_basis_id=event.basis.legal_basis_id if event.basis else "",
        article=event.basis.article if event.basis else "",
        items=event.items,
        methods=event.methods,
        systems=event.systems,
        service_items=(event.service_item,) if event.service_item else (),
        conditions=event.conditions,
        valid_from=event.valid_from,
        valid_to=event.valid_to,
        calls_per_day_max=event.calls_per_day_max,
        issued_at=event.at,
    )


def _ran(row: LedgerRow, event: g.Running) -> LedgerRow:
    match event:
        case g.GrantActivated():
            return _change(row, status=GrantStatus.ACTIVE, activated_at=event.at)
        case g.GrantFirstUsed():
            return _change(row, first_used_on=event.used_on)
        case g.GrantScopeExtended():
            return _change(
                row,
                items=(*row.items, *event.items),
                methods=(*row.methods, *event.methods),
                systems=(*row.systems, *event.systems),
                valid_to=event.valid_to or row.valid_to,
            )
        case g.GrantSuspended():
            return _change(
                row,
                status=GrantStatus.SUSPENDED,
                suspension=event.reason_code,
                rectify_by=event.rectify_by,
                reason=event.reason,
            )
        case g.GrantResumed():
            return _change(
                row, status=GrantStatus.ACTIVE, suspension=None, rectify_by=None, reason=""
            )
        case _:
            assert_never(event)


def _ended(row: LedgerRow, event: g.Ending) -> LedgerRow:
    match event:
        case g.GrantTerminated():
            status = GrantStatus.TERMINATED
            return _change(row, status=status, ended_at=event.at, reason=event.reason)
        case g.GrantExpired():
            return _change(row, status=GrantStatus.EXPIRED, ended_at=event.at)
        case g.GrantEnded():
            return _change(
                row,
                status=GrantStatus.ENDED,
                ended_at=event.at,
                end_cause=event.cause,
                reason=event.reason,
            )
        case _:
            assert_never(event)


def _disposed(row: LedgerRow, event: g.Disposal) -> LedgerRow:
    match event:
        case g.DisposalRequired():
            return _change(
                row,
                status=GrantStatus.DISPOSING,
                disposal_due_on=event.due.on,
                disposal_provisional=event.due.provisional,
            )
        case g.GrantDueConfirmed():
            on, provisional = event.due.on, event.due.provisional
            return _change(row, disposal_due_on=on, disposal_provisional=provisional)
        case g.DisposalConfirmed():
            return _change(
                row,
                status=GrantStatus.CLOSED,
                disposal_method=event.method,
                disposed_on=event.disposed_on,
            )
        case g.DisposalOverdue():
            return _change(row, disposal_overdue=True)
        case _:
            assert_never(event)


def _used(row: LedgerRow, event: g.UsageRecorded) -> LedgerRow:
    return _change(
        row,
        # Reports may come late and out of order.
        last_used_on=max(row.last_used_on or event.day, event.day),
        reports=row.reports + 1,
        calls=row.calls + event.calls,
        ok=row.ok + event.ok,
        failed=row.failed + event.failed,
        rows=row.rows + event.rows,
        bytes=row.bytes + event.bytes,
    )


SHARING_LEDGER = Projection(
    name="sharing_ledger",
    version=1,
    row=LedgerRow,
    key=("grant_id",),
    reads=(g.GrantEvent, g.UsageEvent),
    keys=keys,
    fold=fold,
)


def grant(connection: psycopg.Connection, grant_id: str) -> LedgerRow | None:
    """Return one grant."""
    with connection.cursor(row_factory=as_row(LedgerRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM sharing_ledger
             WHERE grant_id = %s
            """,
            (grant_id,),
        ).fetchone()


def grants(
    connection: psycopg.Connection,
    *,
    requester_id: str = "",
    provider_id: str = "",
    entry_id: str = "",
    status: GrantStatus | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[LedgerRow]:
    """Return grants, the newest first: a requester's, a provider's, an entry's, or all.

    The next page begins `after` (issued_at, grant_id) of this one's last line.
    """
    moment, grant_id = after or (None, "")
    with connection.cursor(row_factory=as_row(LedgerRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM sharing_ledger
             WHERE (%(requester_id)s = '' OR requester_id = %(requester_id)s)
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(status)s = '' OR status = %(status)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (issued_at, grant_id) < (%(moment)s, %(grant_id)s))
             ORDER BY issued_at DESC, grant_id DESC
             LIMIT %(limit)s
            """,
            {
                "requester_id": requester_id,
                "provider_id": provider_id,
                "entry_id": entry_id,
                "status": status or "",
                "moment": moment,
                "grant_id": grant_id,
                "limit": limit,
            },
        ).fetchall()
