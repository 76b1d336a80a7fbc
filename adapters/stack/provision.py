"""The roles and the database of the hub inside the embedded cluster."""

import psycopg
from psycopg import sql

DATABASE = "hub"
# Runs the migrations and owns every table.
OWNER = "hub_owner"
# What the hub's processes log in as: it may add to the record, never change it.
APPLICATION = "hub_app"


def provision(superuser_url: str, passwords: dict[str, str], database: str = DATABASE) -> None:
    """Make the two roles and the database where they are missing, and set the passwords.

    Passwords are set at every start, so the files in `secrets/` are what holds.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (OWNER, APPLICATION):
            _make_role(connection, role, passwords[role])
        # The migrations make schemas that belong to the application, and later alter them.
        connection.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE").format(
                sql.Identifier(APPLICATION), sql.Identifier(OWNER)
            )
        )
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
        if found.fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = sql.SQL("CREATE" if found is None else "ALTER")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
            verb, sql.Identifier(role), sql.Literal(password)
        )
    )
