"""A durable PostgreSQL of the bench's own: made for one run, gone afterwards."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from adapters.migrate import migrate
from adapters.settings import Settings
from adapters.stack.account import folder_for, servers_account
from adapters.stack.home import Home
from adapters.stack.postgres import Postgres
from adapters.stack.provision import APPLICATION, OWNER, provision


class Scratch:
    """A folder on the disk of the hub's home, and a server with databases for the benches."""

    def __init__(self, folder: Path, server: Postgres) -> None:
        """Take a running server."""
        self.folder = folder
        self._server = server
        self._passwords = {role: secrets.token_urlsafe(16) for role in (OWNER, APPLICATION)}

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Make a migrated database, give its address as hub_app, and drop it."""
        superuser = self._server.url("postgres")
        provision(superuser, self._passwords, name)
        migrate(self._server.url(name, OWNER, self._passwords[OWNER]))
        try:
            yield self._server.url(name, APPLICATION, self._passwords[APPLICATION])
        finally:
            with psycopg.connect(superuser, autocommit=True) as connection:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                connection.execute(drop.format(sql.Identifier(name)))


@contextmanager
def scratch(settings: Settings) -> Iterator[Scratch]:
    """Start a server as `hub up` does, every commit on disk, apart from the home's own record.

    It lies inside the home, because only there the disk is the one the hub would write to: many
    machines keep their temporary folder in memory.
    """
    home = Home(settings.home)
    home.make(settings.disk_free_mb_min)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=home.path))
    folder.chmod(home.path.stat().st_mode & 0o777)
    data = folder_for(folder, "pg", servers_account())
    password = secrets.token_urlsafe(16)
    server = Postgres(data, folder / "postgres.log", password, programs=settings.pg_bin)
    try:
        server.start()
        yield Scratch(folder, server)
    finally:
        server.stop()
        shutil.rmtree(data)  # where the servers' account cannot reach the home it lies elsewhere
        shutil.rmtree(folder)
