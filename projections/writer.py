"""Rows into tables: a few with one statement, many by COPY (changed ones through a stage)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Generic

import psycopg
from psycopg import sql

from projections.projection import Key, Projection, Row
from projections.shape import Shape, csv

ROWS_AS_JSON_MAX = 100
"""So many rows go in with one statement; for more, COPY is worth its round trips."""
ROWS_SENT = 2_000
"""Rows written as text and sent in one go."""
_FORMAT = sql.SQL(r"FROM STDIN (FORMAT csv, NULL 'null', ESCAPE '\')")


class Table(Generic[Row]):
    """The table of one projection, in whatever schema `search_path` names first."""

    def __init__(self, projection: Projection[Row]) -> None:
        """Write the statements once."""
        self.shape = Shape(projection)
        name = sql.Identifier(projection.name)
        stage = sql.Identifier("pg_temp", f"stage_{projection.name}")
        columns = _names(self.shape.columns)
        key = _names(self.shape.key)
        rest = [column for column in self.shape.columns if column not in self.shape.key]
        self._select = _select(name, self.shape)
        self._copy = sql.SQL("COPY {} ({}) {}").format(name, columns, _FORMAT)
        self._copy_stage = sql.SQL("COPY {} ({}) {}").format(stage, columns, _FORMAT)
        self._copy_keys = sql.SQL("COPY {} ({}) {}").format(stage, key, _FORMAT)
        self._make_stage = _make_stage(projection.name, self.shape)
        self._upsert = sql.SQL(
            "INSERT INTO {name} ({columns}) SELECT {columns} FROM {stage} "
            "ON CONFLICT ({key}) DO {update}"
        ).format(name=name, stage=stage, columns=columns, key=key, update=_update(rest))
        self._insert_json = sql.SQL(
            "INSERT INTO {name} ({columns}) "
            "SELECT {columns} FROM json_populate_recordset(NULL::{name}, %s)"
        ).format(name=name, columns=columns)
        self._upsert_json = sql.SQL("{insert} ON CONFLICT ({key}) DO {update}").format(
            insert=self._insert_json, key=key, update=_update(rest)
        )
        self._delete = sql.SQL("DELETE FROM {name} AS t USING {stage} AS s WHERE {same}").format(
            name=name, stage=stage, same=_same(self.shape.key)
        )
        self._empty_stage = sql.SQL("TRUNCATE {}").format(stage)

    def fetch(self, connection: psycopg.Connection, keys: Collection[Key]) -> dict[Key, Row]:
        """Return the rows there are under these keys."""
        wanted = [list(column) for column in zip(*keys, strict=True)]
        with connection.cursor(binary=True) as cursor:
            cursor.execute(self._select, wanted, prepare=True)
            found = map(self.shape.row_of, cursor.fetchall())
            return {self.shape.key_of(row): row for row in found}

    def insert(self, connection: psycopg.Connection, rows: Sequence[Row]) -> None:
        """Copy in rows whose keys the table does not hold yet."""
        if len(rows) > ROWS_AS_JSON_MAX:
            _copy(connection, self._copy, map(self.shape.csv, _parts(rows)))
        elif rows:
            connection.execute(self._insert_json, (self.shape.json(rows),), prepare=True)

    def change(self, connection: psycopg.Connection, rows: Sequence[Row]) -> None:
        """Put rows in the place of those with the same keys."""
        if 0 < len(rows) <= ROWS_AS_JSON_MAX:
            connection.execute(self._upsert_json, (self.shape.json(rows),), prepare=True)
        elif rows:
            connection.execute(self._make_stage)
            _copy(connection, self._copy_stage, map(self.shape.csv, _parts(rows)))
            connection.execute(self._upsert)

    def remove(self, connection: psycopg.Connection, keys: Collection[Key]) -> None:
        """Take away the rows under these keys."""
        if keys:
            connection.execute(self._make_stage)
            connection.execute(self._empty_stage)
            _copy(connection, self._copy_keys, [csv(keys)])
            connection.execute(self._delete)


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows so that PostgreSQL takes in one part while we write the text of the next."""
    for start in range(0, len(rows), ROWS_SENT):
        yield rows[start : start + ROWS_SENT]


def _copy(connection: psycopg.Connection, statement: sql.Composed, data: Iterable[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in data:
            copy.write(part)
            copy.write(b"\n")


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _select(name: sql.Identifier, shape: Shape[Any]) -> sql.Composed:
    kinds = (sql.Identifier(kind) for kind in shape.key_types)
    arrays = sql.SQL(", ").join(sql.SQL("%b::{}[]").format(kind) for kind in kinds)
    return sql.SQL(
        "SELECT {columns} FROM {name} AS t JOIN unnest({arrays}) AS s ({key}) ON {same}"
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier("t", c) for c in shape.columns),
        name=name,
        arrays=arrays,
        key=_names(shape.key),
        same=_same(shape.key),
    )


def _make_stage(name: str, shape: Shape[Any]) -> sql.Composed:
    """Columns without constraints: the keys of rows to remove come without the rest."""
    return sql.SQL(
        "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS "
        "SELECT {columns} FROM {name} WITH NO DATA"
    ).format(
        stage=sql.Identifier(f"stage_{name}"),
        columns=_names(shape.columns),
        name=sql.Identifier(name),
    )


def _update(columns: Collection[str]) -> sql.Composable:
    if not columns:
        return sql.SQL("NOTHING")
    return sql.SQL("UPDATE SET {}").format(
        sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in columns
        )
    )


def _same(key: Iterable[str]) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("t.{0} = s.{0}").format(sql.Identifier(column)) for column in key
    )
