"""时效看板 Freshness board: which resource owes which period's data, and which periods it missed.

DOMAIN §2.5, §3.6 K5: of the periods expected of a resource, those with data in time.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum

import msgspec
import psycopg

from hub.convergence.events import (
    DataPublished,
    FreshnessBreached,
    ResourceActivated,
    ResourceResumed,
)
from hub.convergence.period import read_period
from hub.departments.calendar import local_day
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row

Freshened = ResourceActivated | ResourceResumed | DataPublished | FreshnessBreached
"""The events after which another period is awaited."""


class FreshnessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One period of one resource: until when its data was expected, and when it came.

    `published_at` is the first publication, `batch_id` the newest batch. `timely`: it came in
    time. `breached_at`: its term ended without data. A period published although nobody awaited
    it any more (an old one) is neither.
    """

    resource_id: str
    period: str
    entry_id: str
    provider_id: str
    due_on: date | None = None
    ends_at: datetime | None = None
    published_at: datetime | None = None
    batch_id: str = ""
    publications: int = 0
    timely: bool = False
    breached_at: datetime | None = None


class FreshnessLight(StrEnum):
    """How fresh a resource is."""

    FRESH = "fresh"
    DUE = "due"
    STALE = "stale"
    FREE = "free"


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A serving resource on the board: what it owes and how it kept its periods so far."""

    resource_id: str
    entry_id: str
    provider_id: str
    title: str
    last_period: str
    last_published_at: datetime | None
    expects: str
    period_ends_on: date | None
    due_on: date | None
    ends_at: datetime | None
    timely: int
    missed: int
    last_missed: str


def keys(event: Freshened, recorded: Recorded) -> Iterator[Key]:
    """Return the periods an event speaks of: the one it is about and the one expected next."""
    del recorded
    if isinstance(event, DataPublished | FreshnessBreached):
        yield (event.resource_id, event.period)
    if event.expects:
        yield (event.resource_id, event.expects)


def fold(key: Key, row: FreshnessRow | None, event: Freshened, recorded: Recorded) -> FreshnessRow:
    """Fold one event into the line of a period."""
    del recorded
    before = row or FreshnessRow(
        resource_id=event.resource_id,
        period=key[1],
        entry_id=event.entry_id,
        provider_id=event.provider_id,
    )
    change = msgspec.structs.replace
    match event:
        case DataPublished() if event.period == key[1]:
            return change(
                before,
                published_at=before.published_at or event.at,
                batch_id=event.batch_id,
                publications=before.publications + 1,
                timely=before.timely or event.timely,
            )
        case FreshnessBreached() if event.period == key[1]:
            return change(before, breached_at=event.at)
        case _:
            if event.due is None:
                return before
            return change(before, due_on=event.due.on, ends_at=event.due.ends_at)


FRESHNESS = Projection(
    name="freshness",
    version=1,
    row=FreshnessRow,
    key=("resource_id", "period"),
    reads=(ResourceActivated, ResourceResumed, DataPublished, FreshnessBreached),
    keys=keys,
    fold=fold,
)


def board(
    connection: psycopg.Connection,
    *,
    provider_id: str = "",
    after: tuple[date, str] | None = None,
    limit: int = 100,
) -> list[BoardLine]:
    """Return the serving resources, the next due first, of one provider or of all.

    Resources that owe nothing come last. The next page begins `after` (due_on or date.max,
    resource_id) of this one's last line.
    """
    day, resource_id = after or (date.min, "")
    with connection.cursor(row_factory=as_row(BoardLine)) as cursor:
        return cursor.execute(
            """
            SELECT r.resource_id, r.entry_id, r.provider_id, r.title, r.last_period,
                   r.last_published_at, r.expects, r.period_ends_on, r.due_on, r.ends_at,
                   f.timely, f.missed, coalesce(f.last_missed, '') AS last_missed
              FROM resources AS r
              LEFT JOIN LATERAL (
                   SELECT count(*) FILTER (WHERE timely) AS timely,
                          count(breached_at) AS missed,
                          (array_agg(period ORDER BY breached_at DESC)
                           FILTER (WHERE breached_at IS NOT NULL))[1] AS last_missed
                     FROM freshness
                    WHERE freshness.resource_id = r.resource_id) AS f ON true
             WHERE r.status IN ('active', 'ending') AND r.kind <> 'interface'
               AND (%(provider_id)s = '' OR r.provider_id = %(provider_id)s)
               AND (coalesce(r.due_on, 'infinity'), r.resource_id) > (%(day)s, %(resource_id)s)
             ORDER BY coalesce(r.due_on, 'infinity'), r.resource_id
             LIMIT %(limit)s
            """,
            {
                "provider_id": provider_id,
                "day": "infinity" if day == date.max else day,
                "resource_id": resource_id,
                "limit": limit,
            },
        ).fetchall()


def light(line: BoardLine, at: datetime) -> FreshnessLight:
    """Return a line's light: stale once a term ended or while the last one missed is not made up.

    Between the end of the period and the end of its grace the data is due.
    """
    if line.ends_at is None or line.period_ends_on is None:
        return FreshnessLight.FREE
    if at >= line.ends_at or _not_made_up(line):
        return FreshnessLight.STALE
    return FreshnessLight.DUE if local_day(at) > line.period_ends_on else FreshnessLight.FRESH


def _not_made_up(line: BoardLine) -> bool:
    if not line.last_missed or not line.last_period:
        return bool(line.last_missed)
    return read_period(line.last_missed).last > read_period(line.last_period).last


def periods(
    connection: psycopg.Connection, resource_id: str, *, after: str = "", limit: int = 100
) -> list[FreshnessRow]:
    """Return the periods of a resource in their order; the next page begins `after` a period."""
    with connection.cursor(row_factory=as_row(FreshnessRow)) as cursor:
        return cursor.execute(
            """
            SELECT resource_id, period, entry_id, provider_id, due_on, ends_at, published_at,
                   batch_id, publications, timely, breached_at
              FROM freshness
             WHERE resource_id = %s
               AND period > %s
             ORDER BY period
             LIMIT %s
            """,
            (resource_id, after, limit),
        ).fetchall()
