"""使用台账 Use register: one line for every report, record of use, service item and anomaly.

Decree 809 §26, §29: kept for at least three years, open to inspection by authority and provider.
Lines are never changed.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

import msgspec
import psycopg

from hub.departments.calendar import local_day
from hub.record import Recorded
from hub.sharing import grant_events as g
from hub.sharing.kinds import Anomaly
from projections.projection import Key, Projection
from projections.query import as_row


class UseKind(StrEnum):
    """What a line of the register says."""

    METERED = "metered"
    FILED = "filed"
    SERVICE_ITEM = "service_item"
    ANOMALY = "anomaly"


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line; what its kind does not have is empty. `day` is the day used or entered."""

    position: int
    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    kind: UseKind
    at: datetime
    person_id: str
    day: date
    sequence: int = 0
    calls: int = 0
    ok: int = 0
    failed: int = 0
    rows: int = 0
    bytes: int = 0
    systems: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    log_hash: str = ""
    scenario: str = ""
    process: str = ""
    effect: str = ""
    storage: str = ""
    destruction: str = ""
    retained_until: date | None = None
    service_item: str = ""
    channel: str = ""
    anomaly: Anomaly | None = None
    detail: str = ""


class DayOfUse(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of one day."""

    day: date
    calls: int
    ok: int
    failed: int
    rows: int
    bytes: int


_change = msgspec.structs.replace


def keys(event: g.UsageEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the line: each event writes its own."""
    del event
    return ((recorded.position,),)


def fold(key: Key, row: UseRow | None, event: g.UsageEvents, recorded: Recorded) -> UseRow:
    """Write the line of one event."""
    del key, row
    match event:
        case g.UsageRecorded():
            line = _change(_line(event, recorded, UseKind.METERED), day=event.day)
            return _change(
                line,
                sequence=event.sequence,
                calls=event.calls,
                ok=event.ok,
                failed=event.failed,
                rows=event.rows,
                bytes=event.bytes,
                systems=event.systems,
                items=event.items,
                log_hash=event.log_hash,
            )
        case g.UsageRegisterEntryFiled():
            return _change(
                _line(event, recorded, UseKind.FILED),
                scenario=event.scenario,
                process=event.process,
                effect=event.effect,
                storage=event.storage,
                destruction=event.destruction,
                retained_until=event.retained_until,
            )
        case g.ServiceItemLinked():
            line = _line(event, recorded, UseKind.SERVICE_ITEM)
            return _change(line, service_item=event.service_item, channel=event.channel)
        case g.AnomalousUseDetected():
            return _anomaly(event, recorded)
        case _:
            assert_never(event)


def _line(event: g.UsageEvents, recorded: Recorded, kind: UseKind) -> UseRow:
    return UseRow(
        position=recorded.position,
        grant_id=event.grant_id,
        request_id=event.request_id,
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        kind=kind,
        at=event.at,
        person_id=event.by.person_id,
        day=local_day(event.at),
    )


def _anomaly(event: g.AnomalousUseDetected, recorded: Recorded) -> UseRow:
    return _change(
        _line(event, recorded, UseKind.ANOMALY),
        day=event.day,
        calls=event.calls,
        systems=event.systems,
        items=event.items,
        log_hash=event.log_hash,
        anomaly=event.anomaly,
        detail=event.detail,
    )


USE_REGISTER = Projection(
    name="use_register",
    version=1,
    row=UseRow,
    key=("position",),
    reads=(g.UsageEvent,),
    keys=keys,
    fold=fold,
    insert_only=True,
)


def register(
    connection: psycopg.Connection,
    *,
    grant_id: str = "",
    department_id: str = "",
    kind: UseKind | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[UseRow]:
    """Return lines in the order they were recorded: a grant's, a department's, of a kind, or all.

    A department sees what it used and what was used of its data. The next page begins `after`
    the position of this one's last line.
    """
    with connection.cursor(row_factory=as_row(UseRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM use_register
             WHERE (%(grant_id)s = '' OR grant_id = %(grant_id)s)
               AND (%(department_id)s = '' OR %(department_id)s IN (requester_id, provider_id))
               AND (%(kind)s = '' OR kind = %(kind)s)
               AND position > %(after)s
             ORDER BY position
             LIMIT %(limit)s
            """,
            {
                "grant_id": grant_id,
                "department_id": department_id,
                "kind": kind or "",
                "after": after,
                "limit": limit,
            },
        ).fetchall()


def days_of_use(
    connection: psycopg.Connection,
    first: date,
    last: date,
    *,
    grant_id: str = "",
    entry_id: str = "",
    requester_id: str = "",
) -> list[DayOfUse]:
    """Return the sums of each day used between two days, both included, in order."""
    with connection.cursor(row_factory=as_row(DayOfUse)) as cursor:
        return cursor.execute(
            """
            SELECT day,
                   sum(calls)::bigint AS calls,
                   sum(ok)::bigint AS ok,
                   sum(failed)::bigint AS failed,
                   sum(rows)::bigint AS rows,
                   sum(bytes)::bigint AS bytes
              FROM use_register
             WHERE kind = 'metered'
               AND day BETWEEN %(first)s AND %(last)s
               AND (%(grant_id)s = '' OR grant_id = %(grant_id)s)
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(requester_id)s = '' OR requester_id = %(requester_id)s)
             GROUP BY day
             ORDER BY day
            """,
            {
                "first": first,
                "last": last,
                "grant_id": grant_id,
                "entry_id": entry_id,
                "requester_id": requester_id,
            },
        ).fetchall()
