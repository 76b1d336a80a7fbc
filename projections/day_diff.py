"""What changed between two moments: rows added, removed, changed, in any view, by its key.

Both sides are schemas with the same tables: two pasts, or a past and the live views.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from projections.projection import Key, Projection
from projections.shape import Shape

UNSHOWN: dict[str, frozenset[str]] = {"catalogue": frozenset({"words", "grams"})}
"""Columns that only the search needs: what changed them stands in the others."""
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Pair(msgspec.Struct, frozen=True):
    """A row at both moments, None where there was none, as JSON would write it."""

    key: Key
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class DayDifference(msgspec.Struct, frozen=True):
    """One row that is not what it was; `before` and `after` of a changed one hold its `fields`."""

    view: str
    change: str
    key: dict[str, Any]
    fields: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def pairs(
    connection: psycopg.Connection,
    projection: Projection[Any],
    earlier: str,
    later: str,
    *,
    after: Sequence[Any] | None = None,
    limit: int = 100,
) -> list[Pair]:
    """Return the rows that differ between two schemas, in the order of their keys.

    The next page begins `after` the key of this one's last row.
    """
    shape = Shape(projection)
    key = sql.SQL(", ").join(map(sql.Identifier, shape.key))
    beyond: sql.Composable = sql.SQL("")
    if after is not None:
        kinds = (sql.SQL("%s::{}").format(sql.Identifier(kind)) for kind in shape.key_types)
        beyond = sql.SQL("AND ({}) > ({})").format(key, sql.SQL(", ").join(kinds))
    question = sql.SQL(
        """
        SELECT to_jsonb(a), to_jsonb(b)
          FROM {earlier} AS a
          FULL JOIN {later} AS b USING ({key})
         WHERE a IS DISTINCT FROM b
           {beyond}
         ORDER BY {key}
         LIMIT %s
        """
    ).format(
        earlier=sql.Identifier(earlier, projection.name),
        later=sql.Identifier(later, projection.name),
        key=key,
        beyond=beyond,
    )
    found = connection.execute(question, [*(after or ()), limit]).fetchall()
    return [Pair(tuple((a or b)[name] for name in shape.key), a, b) for a, b in found]


def difference(projection: Projection[Any], pair: Pair) -> DayDifference | None:
    """Return in what a row differs, None where nothing that is shown does."""
    before, after = _shown(projection, pair.before), _shown(projection, pair.after)
    if before == after:
        return None
    key = dict(zip(projection.key, pair.key, strict=True))
    if before is None or after is None:
        change = ADDED if before is None else REMOVED
        return DayDifference(projection.name, change, key, (), before, after)
    fields = tuple(name for name in before if before[name] != after.get(name))
    return DayDifference(
        projection.name,
        CHANGED,
        key,
        fields,
        {name: before[name] for name in fields},
        {name: after.get(name) for name in fields},
    )


def counted(
    connection: psycopg.Connection, projection: Projection[Any], earlier: str, later: str
) -> dict[str, int]:
    """Count the rows of a view that were added, removed and changed."""
    key = sql.SQL(", ").join(map(sql.Identifier, projection.key))
    question = sql.SQL(
        """
        SELECT count(*) FILTER (WHERE a IS NULL),
               count(*) FILTER (WHERE b IS NULL),
               count(*) FILTER (WHERE a IS NOT NULL AND b IS NOT NULL)
          FROM (SELECT to_jsonb(a) - %(unshown)s::text[] AS a,
                       to_jsonb(b) - %(unshown)s::text[] AS b
                  FROM {earlier} AS a
                  FULL JOIN {later} AS b USING ({key})
                 WHERE a IS DISTINCT FROM b) AS pairs
         WHERE a IS DISTINCT FROM b
        """
    ).format(
        earlier=sql.Identifier(earlier, projection.name),
        later=sql.Identifier(later, projection.name),
        key=key,
    )
    unshown = sorted(UNSHOWN.get(projection.name, ()))
    row = connection.execute(question, {"unshown": unshown}).fetchone() or (0, 0, 0)
    return dict(zip((ADDED, REMOVED, CHANGED), row, strict=True))


def _shown(projection: Projection[Any], row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    unshown = UNSHOWN.get(projection.name, frozenset())
    return {name: row[name] for name in projection.row.__struct_fields__ if name not in unshown}
