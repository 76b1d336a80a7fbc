"""Real PostgreSQL and NATS for the tests, through the hub's own supervisors.

One PostgreSQL per test process, started when the first test asks for it; one migrated template;
one database per test, copied from it in some 40 ms. NATS starts anew for each test that asks.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.migrate import migrate
from adapters.stack.account import folder_for, servers_account
from adapters.stack.nats import NatsServer
from adapters.stack.postgres import Postgres
from adapters.stack.provision import APPLICATION, OWNER, provision
from tests import referees
from tests.servers import PASSWORDS, SUPERUSER_PASSWORD, TEMPLATE, Database

_numbers = itertools.count(1)
_LEFT_OUT = referees.left_out()
collect_ignore = sorted(_LEFT_OUT)
# A test process is never power-cut: no test may pass or fail by what the disk does.
_QUICK = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


def pytest_report_header() -> list[str]:
    """Say which modules cannot run on this machine, and what they lack."""
    return [f"left out: tests/{module} (no {program})" for module, program in _LEFT_OUT.items()]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests (`@pytest.mark.anyio`) run on asyncio, as the hub does."""
    return "asyncio"


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for servers that an unprivileged account can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="shuqiao-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[Postgres]:
    """One PostgreSQL for this test process, with the roles and the migrated template."""
    data = folder_for(server_folder, "pg", servers_account())
    server = Postgres(data, server_folder / "pg.log", SUPERUSER_PASSWORD, options=_QUICK)
    server.start()
    try:
        provision(server.url("postgres"), PASSWORDS, TEMPLATE)
        migrate(server.url(TEMPLATE, OWNER, PASSWORDS[OWNER]))
        yield server
    finally:
        server.stop()


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[Database]:
    """A migrated database for this test alone; gone afterwards, with whoever is still in it."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        for statement in (
            f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {OWNER}",
            # The rights on the database itself are not copied from a template.
            f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {name} TO {APPLICATION}",
        ):
            connection.execute(statement.encode())
        yield Database(postgres_server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def nats_server(server_folder: Path) -> Iterator[NatsServer]:
    """A NATS server with an empty JetStream for this test alone."""
    name = f"nats_{next(_numbers)}"
    folder = folder_for(server_folder, name, servers_account())
    server = NatsServer(folder, server_folder / f"{name}.log", "nats-of-a-test")
    server.start()
    yield server
    server.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests recorded as the property `table`, also where all is well."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, table in report.user_properties:
                if name == "table" and report.when == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(table)
