"""目录版本 Every version of every entry that was in force, by legal time: the catalogue of any day.

The time is that of the events (`at`), also where history was brought in later; the record's own
time is what a replay to a position shows.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import psycopg

from hub.catalog.content import EntryContent
from hub.catalog.events import (
    CatalogEntryHandedOver,
    CatalogEntryPublished,
    CatalogEntryWithdrawn,
)
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row

_Event = CatalogEntryPublished | CatalogEntryHandedOver | CatalogEntryWithdrawn


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version, in force from `valid_from` until before `valid_to`.

    `ended_by` is `version` (the next one), `withdrawal`, or empty while it is in force.
    """

    entry_id: str
    version: int
    provider_id: str
    catalog_code: str
    class_code: str
    title: str
    share_type: str
    grade: str
    content: EntryContent
    valid_from: datetime
    valid_to: datetime | None = None
    ended_by: str = ""
    reason: str = ""
    imported: bool = False
    position: int


def keys(event: _Event, recorded: Recorded) -> Iterable[Key]:
    """Return the version an event puts in force and the one it ends."""
    del recorded
    if isinstance(event, CatalogEntryWithdrawn):
        return ((event.entry_id, event.version),) if event.version else ()
    touched = (event.version, event.version - 1)
    return tuple((event.entry_id, version) for version in touched if version > 0)


def fold(key: Key, row: VersionRow | None, event: _Event, recorded: Recorded) -> VersionRow | None:
    """Put a version in force, or end it."""
    if isinstance(event, CatalogEntryWithdrawn):
        return row and _ended(row, event.at, "withdrawal", event.reason)
    if key[1] != event.version:
        return row and _ended(row, event.at, "version")
    if isinstance(event, CatalogEntryHandedOver):
        content = event.content or EntryContent()
        return _in_force(event, content, event.receiver_id, recorded)
    begun = _in_force(event, event.content, event.provider_id, recorded)
    return msgspec.structs.replace(begun, imported=event.source is not None)


def _in_force(
    event: CatalogEntryPublished | CatalogEntryHandedOver,
    content: EntryContent,
    provider_id: str,
    recorded: Recorded,
) -> VersionRow:
    return VersionRow(
        entry_id=event.entry_id,
        version=event.version,
        provider_id=provider_id,
        catalog_code=content.catalog_code,
        class_code=content.class_code,
        title=content.title,
        share_type=content.share_type or "",
        grade=content.grade or "",
        content=content,
        valid_from=event.at,
        position=recorded.position,
    )


def _ended(row: VersionRow, at: datetime, by: str, reason: str = "") -> VersionRow:
    if row.ended_by:
        return row  # withdrawn before the next version was listed again
    return msgspec.structs.replace(row, valid_to=at, ended_by=by, reason=reason)


CATALOGUE_VERSIONS = Projection(
    name="catalogue_versions",
    version=1,
    row=VersionRow,
    key=("entry_id", "version"),
    reads=(CatalogEntryPublished, CatalogEntryHandedOver, CatalogEntryWithdrawn),
    keys=keys,
    fold=fold,
)


def version_of(connection: psycopg.Connection, entry_id: str, version: int) -> VersionRow | None:
    """Return one version of an entry; None when it was never in force."""
    with connection.cursor(row_factory=as_row(VersionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue_versions
             WHERE entry_id = %s
               AND version = %s
            """,
            (entry_id, version),
        ).fetchone()


def versions_of(
    connection: psycopg.Connection, entry_id: str, *, after: int = 0, limit: int = 100
) -> list[VersionRow]:
    """Return the versions of an entry in order; the next page begins `after` a version."""
    with connection.cursor(row_factory=as_row(VersionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue_versions
             WHERE entry_id = %s
               AND version > %s
             ORDER BY version
             LIMIT %s
            """,
            (entry_id, after, limit),
        ).fetchall()


def in_force_at(
    connection: psycopg.Connection,
    moment: datetime,
    *,
    provider_id: str = "",
    class_prefix: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[VersionRow]:
    """Return the catalogue as it stood at a moment, by catalogue code.

    The next page begins `after` (catalog_code, entry_id) of this one's last line.
    """
    code, entry_id = after or ("", "")
    with connection.cursor(row_factory=as_row(VersionRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue_versions
             WHERE (catalog_code, entry_id) > (%(code)s, %(entry_id)s)
               AND valid_from <= %(moment)s
               AND (valid_to IS NULL OR valid_to > %(moment)s)
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND starts_with(class_code, %(class_prefix)s)
             ORDER BY catalog_code, entry_id
             LIMIT %(limit)s
            """,
            {
                "moment": moment,
                "provider_id": provider_id,
                "class_prefix": class_prefix,
                "code": code,
                "entry_id": entry_id,
                "limit": limit,
            },
        ).fetchall()


def to_release(connection: psycopg.Connection, region_code: str = "") -> dict[str, int]:
    """Return what a release compiled now would hold: entries in force with their versions.

    `region_code` is the beginning of the providers' region codes; it needs the directory.
    """
    found = connection.execute(
        """
        SELECT v.entry_id, v.version
          FROM catalogue_versions v
          JOIN directory d ON d.org_id = v.provider_id
         WHERE v.valid_to IS NULL
           AND starts_with(d.region_code, %s)
         ORDER BY v.entry_id
        """,
        (region_code,),
    )
    return dict(found.fetchall())
