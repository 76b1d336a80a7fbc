"""A connection for projections: which schema its rows are in, and how it treats the disk."""

import psycopg
from psycopg import sql

LIVE = "views"
"""The schema of what everybody sees; rebuilding and time travel use schemas of their own."""

_SETTINGS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A server that vanished without a word is noticed within about 15 s."""


def connect(url: str, schema: str = LIVE, *, purpose: str = "projections") -> psycopg.Connection:
    """Open a connection whose unqualified tables are those of a schema, in autocommit and UTC.

    Its commits do not wait for the disk: rows and their position are lost together if the power
    fails, and are folded again.
    """
    connection = psycopg.connect(
        url,
        autocommit=True,
        application_name=f"hub {purpose}",
        options="-c timezone=UTC -c synchronous_commit=off",
        **_SETTINGS,  # type: ignore[arg-type] # libpq's names, not one type
    )
    look_at(connection, schema)
    return connection


def look_at(connection: psycopg.Connection, schema: str) -> None:
    """Let a connection's unqualified names mean the tables of a schema."""
    connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
