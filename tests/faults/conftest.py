"""A PostgreSQL that a test may kill: its own, and durable as in production."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from adapters.migrate import migrate
from adapters.stack.account import folder_for, servers_account
from adapters.stack.postgres import Postgres
from adapters.stack.provision import DATABASE, OWNER, provision
from tests.servers import PASSWORDS, SUPERUSER_PASSWORD, Database

_numbers = count(1)


@pytest.fixture
def breakable(server_folder: Path) -> Iterator[Database]:
    name = f"breakable-{next(_numbers)}"
    data = folder_for(server_folder, name, servers_account())
    server = Postgres(data, server_folder / f"{name}.log", SUPERUSER_PASSWORD)
    server.start()
    provision(server.url("postgres"), PASSWORDS)
    migrate(server.url(DATABASE, OWNER, PASSWORDS[OWNER]))
    yield Database(server, DATABASE)
    server.stop()
