"""统一目录 Releases of the catalogue, what each lists, and what changed from one to another."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from hub.catalog.content import EntryContent
from hub.catalog.events import CatalogReleaseCompiled, CatalogReleasePublished, ReleaseEvents
from hub.catalog.kinds import EntryChange, ReleaseStatus
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered release; `entries` is how many it lists."""

    release_id: str
    org_id: str
    number: str
    title: str
    status: ReleaseStatus
    entries: int
    document: str = ""
    compiled_at: datetime
    published_at: datetime | None = None


class ReleaseLine(msgspec.Struct, frozen=True):
    """An entry in a release, and the version that was in force then."""

    release_id: str
    entry_id: str
    version: int


class FieldChange(msgspec.Struct, frozen=True):
    """A field that differs: its name, and both values as plain data (None: not there)."""

    name: str
    before: Any
    after: Any


class Difference(msgspec.Struct, frozen=True):
    """An entry that differs between two releases, with every field that does."""

    entry_id: str
    change: EntryChange
    title: str
    version_before: int | None
    version_after: int | None
    fields: tuple[FieldChange, ...]


class _Pair(msgspec.Struct, frozen=True):
    entry_id: str
    version_before: int | None
    version_after: int | None
    provider_before: str | None
    provider_after: str | None
    before: EntryContent | None
    after: EntryContent | None


def release_keys(event: ReleaseEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the release an event touches."""
    del recorded
    return ((event.release_id,),)


def fold_release(
    key: Key, row: ReleaseRow | None, event: ReleaseEvents, recorded: Recorded
) -> ReleaseRow | None:
    """Count the parts of a release; let it be published."""
    del key, recorded
    if isinstance(event, CatalogReleaseCompiled):
        return ReleaseRow(
            release_id=event.release_id,
            org_id=event.org_id,
            number=event.release_id.partition(":")[2],
            title=event.title,
            status=ReleaseStatus.COMPILED,
            entries=len(event.entries) + (row.entries if row else 0),
            compiled_at=event.at,
        )
    return row and msgspec.structs.replace(
        row, status=ReleaseStatus.PUBLISHED, document=event.document, published_at=event.at
    )


def line_keys(event: CatalogReleaseCompiled, recorded: Recorded) -> Iterator[Key]:
    """Return a line for every entry a part lists."""
    del recorded
    for entry_id in event.entries:
        yield (event.release_id, entry_id)


def fold_line(
    key: Key, row: ReleaseLine | None, event: CatalogReleaseCompiled, recorded: Recorded
) -> ReleaseLine:
    """List one entry with its version."""
    del row, recorded
    return ReleaseLine(event.release_id, key[1], event.entries[key[1]])


CATALOGUE_RELEASES = Projection(
    name="catalogue_releases",
    version=1,
    row=ReleaseRow,
    key=("release_id",),
    reads=(CatalogReleaseCompiled, CatalogReleasePublished),
    keys=release_keys,
    fold=fold_release,
)
CATALOGUE_RELEASE_LINES = Projection(
    name="catalogue_release_lines",
    version=1,
    row=ReleaseLine,
    key=("release_id", "entry_id"),
    reads=(CatalogReleaseCompiled,),
    keys=line_keys,
    fold=fold_line,
    insert_only=True,
)


def releases(
    connection: psycopg.Connection, *, after: str = "", limit: int = 100
) -> list[ReleaseRow]:
    """Return the releases by id; the next page begins `after` the last one of this."""
    with connection.cursor(row_factory=as_row(ReleaseRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue_releases
             WHERE release_id > %s
             ORDER BY release_id
             LIMIT %s
            """,
            (after, limit),
        ).fetchall()


def lines_of(
    connection: psycopg.Connection, release_id: str, *, after: str = "", limit: int = 1_000
) -> list[ReleaseLine]:
    """Return what a release lists, by entry; the next page begins `after` an entry."""
    with connection.cursor(row_factory=as_row(ReleaseLine)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue_release_lines
             WHERE release_id = %s
               AND entry_id > %s
             ORDER BY entry_id
             LIMIT %s
            """,
            (release_id, after, limit),
        ).fetchall()


def differences(
    connection: psycopg.Connection, earlier: str, later: str, *, after: str = "", limit: int = 100
) -> list[Difference]:
    """Return what was added, changed and removed from one release to another, by entry.

    The next page begins `after` the last entry of this one.
    """
    with connection.cursor(row_factory=as_row(_Pair)) as cursor:
        pairs = cursor.execute(
            """
            SELECT coalesce(a.entry_id, b.entry_id) AS entry_id,
                   a.version AS version_before, b.version AS version_after,
                   va.provider_id AS provider_before, vb.provider_id AS provider_after,
                   va.content AS before, vb.content AS after
              FROM (SELECT entry_id, version FROM catalogue_release_lines
                     WHERE release_id = %(earlier)s) a
              FULL JOIN (SELECT entry_id, version FROM catalogue_release_lines
                          WHERE release_id = %(later)s) b ON b.entry_id = a.entry_id
              LEFT JOIN catalogue_versions va
                ON va.entry_id = a.entry_id AND va.version = a.version
              LEFT JOIN catalogue_versions vb
                ON vb.entry_id = b.entry_id AND vb.version = b.version
             WHERE coalesce(a.entry_id, b.entry_id) > %(after)s
               AND a.version IS DISTINCT FROM b.version
             ORDER BY entry_id
             LIMIT %(limit)s
            """,
            {"earlier": earlier, "later": later, "after": after, "limit": limit},
        ).fetchall()
    return [_difference(pair) for pair in pairs]


def _difference(pair: _Pair) -> Difference:
    before = _fields(pair.before, pair.provider_before)
    after = _fields(pair.after, pair.provider_after)
    names = sorted(name for name in before | after if before.get(name) != after.get(name))
    shown = pair.after or pair.before
    return Difference(
        entry_id=pair.entry_id,
        change=_change(before, after),
        title=shown.title if shown else "",
        version_before=pair.version_before,
        version_after=pair.version_after,
        fields=tuple(FieldChange(name, before.get(name), after.get(name)) for name in names),
    )


def _change(before: dict[str, Any], after: dict[str, Any]) -> EntryChange:
    if not before:
        return EntryChange.ADDED
    return EntryChange.CHANGED if after else EntryChange.REMOVED


def _fields(content: EntryContent | None, provider_id: str | None) -> dict[str, Any]:
    """Return a text as plain data with its provider; nothing where there is none."""
    if content is None:
        return {}
    return {**msgspec.to_builtins(content), "provider_id": provider_id}
