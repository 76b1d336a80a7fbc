"""Schemas beside the live one: the same tables, empty, to be filled and put in place or kept."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from projections.connect import LIVE
from projections.projection import Projection

POSITIONS = "projection_positions"


def lay_out(
    connection: psycopg.Connection, schema: str, projections: Sequence[Projection[Any]]
) -> None:
    """Make a schema with the projections' tables, without the indexes that filling can do without.

    Secondary indexes, and the keys of insert-only tables, are built by `finish` once the rows are
    in: that is several times faster than keeping them up row by row.
    """
    with connection.transaction():
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for projection in projections:
            _like(connection, schema, projection.name)
            if not projection.insert_only:
                _constraints(connection, schema, projection.name)
        _like(connection, schema, POSITIONS)
        _constraints(connection, schema, POSITIONS)


def finish(
    connection: psycopg.Connection, schema: str, projections: Sequence[Projection[Any]]
) -> None:
    """Build what `lay_out` left out, under the same names, and let the planner see the rows."""
    with connection.transaction():
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for projection in projections:
            if projection.insert_only:
                _constraints(connection, schema, projection.name)
            _indexes(connection, schema, projection.name)
    for projection in projections:
        table = sql.Identifier(schema, projection.name)
        connection.execute(sql.SQL("ANALYZE {}").format(table))


def put_in_place(
    connection: psycopg.Connection, schema: str, projections: Sequence[Projection[Any]]
) -> None:
    """Let these tables take the place of the live ones, inside the caller's transaction.

    Who asks at this moment waits some milliseconds and then reads the new rows.
    """
    for projection in projections:
        old = sql.Identifier(LIVE, projection.name)
        new = sql.Identifier(schema, projection.name)
        connection.execute(sql.SQL("DROP TABLE {}").format(old))
        connection.execute(
            sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(new, sql.Identifier(LIVE))
        )
    connection.execute(
        sql.SQL(
            """
            UPDATE {live} AS l
               SET version = s.version, position = s.position, generation = l.generation + 1,
                   parked_position = NULL, parked_reason = NULL, parked_at = NULL
              FROM {side} AS s
             WHERE l.name = s.name
               AND l.name = ANY (%s)
            """
        ).format(live=sql.Identifier(LIVE, POSITIONS), side=sql.Identifier(schema, POSITIONS)),
        ([projection.name for projection in projections],),
    )


def drop(connection: psycopg.Connection, schema: str) -> None:
    """Throw a schema away, if it is there."""
    # A table's drop is quick; what can take long is a reader who has it open.
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _like(connection: psycopg.Connection, schema: str, table: str) -> None:
    connection.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES)").format(
            sql.Identifier(schema, table), sql.Identifier(LIVE, table)
        )
    )
    row = connection.execute(
        "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = to_regclass(%s)",
        (_live(table),),
    ).fetchone()
    if row is not None and row[0]:
        connection.execute(f'ALTER TABLE "{schema}"."{table}" SET ({row[0]})'.encode())


def _constraints(connection: psycopg.Connection, schema: str, table: str) -> None:
    """Give a table the keys of its live counterpart (checks and defaults came with LIKE)."""
    found = connection.execute(
        """
        SELECT conname, pg_get_constraintdef(oid)
          FROM pg_constraint
         WHERE conrelid = to_regclass(%s)
           AND contype IN ('p', 'u')
         ORDER BY conname
        """,
        (_live(table),),
    ).fetchall()
    for name, definition in found:
        statement = f'ALTER TABLE "{schema}"."{table}" ADD CONSTRAINT "{name}" {definition}'
        connection.execute(statement.encode())


def _indexes(connection: psycopg.Connection, schema: str, table: str) -> None:
    found = connection.execute(
        """
        SELECT pg_get_indexdef(i.indexrelid)
          FROM pg_index AS i
         WHERE i.indrelid = to_regclass(%s)
           AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
         ORDER BY i.indexrelid::regclass::text
        """,
        (_live(table),),
    ).fetchall()
    for (definition,) in found:
        here = f' ON "{schema}"."{table}" USING '
        statement = definition.replace(f" ON {_live(table)} USING ", here, 1)
        if here not in statement:
            msg = f"the index of {table} is not where it was expected: {definition}"
            raise RuntimeError(msg)
        connection.execute(statement.encode())


def _live(table: str) -> str:
    return f"{LIVE}.{table}"
