"""The schema, one numbered SQL file after another, forward only.

Each file is one transaction, and its checksum is written in that same transaction: a file is
applied whole or not at all, and a file edited after it was applied is refused. There is no
lock row that a killed process could leave behind; an advisory lock ends with its session.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

# "shuqiao" in ASCII; any number will do as long as it never changes.
LOCK = 0x73687571
NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationProblem(Exception):
    """A sentence for the operator: which file does not fit this database, and why."""


@dataclass(frozen=True)
class Migration:
    """One file: its name, its text and the sha256 of that text."""

    name: str
    text: str
    checksum: str


def folder() -> Path:
    """Return where the files are: beside the packages in a checkout, inside once installed."""
    here = Path(__file__).parent
    beside = here.parent / "migrations"
    return beside if beside.is_dir() else here / "migrations"


def migrations(source: Path | None = None) -> list[Migration]:
    """Read the files in order; numbers run from 0001 without a hole or a double."""
    found: list[Migration] = []
    for path in sorted((source or folder()).glob("*.sql")):
        match = NAME.fullmatch(path.name)
        if match is None or int(match[1]) != len(found) + 1:
            raise MigrationProblem(
                f"migrations/{path.name}: expected the next file to be named "
                f"{len(found) + 1:04d}_words_in_lower_case.sql."
            )
        data = path.read_bytes()
        found.append(Migration(path.name, data.decode(), hashlib.sha256(data).hexdigest()))
    return found


def migrate(owner_url: str, source: Path | None = None) -> list[str]:
    """Apply what is missing, as the owner role, and return the names of the files applied."""
    wanted = migrations(source)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(
            """
            CREATE TABLE IF NOT EXISTS public.migrations (
                name       text PRIMARY KEY,
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        connection.execute("GRANT SELECT ON public.migrations TO PUBLIC")
        missing = _missing(connection, wanted)
        for migration in missing:
            _apply(connection, migration)
    return [migration.name for migration in missing]


def pending(url: str, source: Path | None = None) -> list[str]:
    """Return the names of the files this database still needs; any role may ask."""
    wanted = migrations(source)
    with psycopg.connect(url, autocommit=True) as connection:
        table = connection.execute("SELECT to_regclass('public.migrations')").fetchone()
        if table is None or table[0] is None:
            return [migration.name for migration in wanted]
        return [migration.name for migration in _missing(connection, wanted)]


def _missing(connection: psycopg.Connection, wanted: list[Migration]) -> list[Migration]:
    rows = connection.execute("SELECT name, checksum FROM public.migrations ORDER BY name")
    applied: dict[str, str] = dict(rows.fetchall())
    known = {migration.name: migration for migration in wanted}
    for name, checksum in applied.items():
        if name not in known:
            raise MigrationProblem(
                f"This database already has {name}, which this version of the hub does not "
                "know: the database is newer. Use the newer version of the hub."
            )
        if known[name].checksum != checksum:
            raise MigrationProblem(
                f"migrations/{name} was changed after it was applied to this database. "
                "Restore the file and put the change into the next number."
            )
    return [migration for migration in wanted if migration.name not in applied]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        try:
            # Bytes, because the text is our own file and holds many statements.
            connection.execute(migration.text.encode())
        except psycopg.Error as error:
            raise MigrationProblem(
                f"migrations/{migration.name} failed and was undone: {error}"
            ) from error
        connection.execute(
            "INSERT INTO public.migrations (name, checksum) VALUES (%s, %s)",
            (migration.name, migration.checksum),
        )
