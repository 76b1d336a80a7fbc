from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.settings import Settings
from adapters.stack.running import Stack, stack_for

SAID: list[str] = []


@pytest.fixture(scope="module")
def stack(server_folder: Path) -> Iterator[Stack]:
    stack = Stack(Settings(home=server_folder / "home"), SAID.append)
    stack.home.make()
    with stack.home.alone():
        stack.start()
        yield stack
        stack.stop()


def test_a_second_command_uses_the_servers_that_run(stack: Stack) -> None:
    assert stack.postgres is not None
    with stack_for(Settings(home=stack.home.path)) as addresses:
        assert f":{stack.postgres.port}/" in addresses.database_url
        with psycopg.connect(addresses.database_url) as connection:
            row = connection.execute("SELECT current_user").fetchone()
    assert row == ("hub_app",)
    assert stack.postgres.alive


def test_servers_that_die_are_started_again_and_said(stack: Stack) -> None:
    assert stack.postgres is not None
    assert stack.nats is not None
    ports = (stack.postgres.port, stack.nats.port)
    stack.postgres.kill()
    stack.nats.kill()
    SAID.clear()

    stack.revive()

    assert (stack.postgres.port, stack.nats.port) == ports
    assert stack.postgres.alive
    assert stack.nats.alive
    assert [words for words in SAID if words.endswith("back")] == [
        "PostgreSQL is back",
        "NATS is back",
    ]


def test_addresses_that_are_set_start_nothing(stack: Stack, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "empty",
        database_url="postgresql://hub_app:x@db.example/hub",  # type: ignore[arg-type] # as from the environment
        nats_url="nats://bus.example",  # type: ignore[arg-type] # as from the environment
    )
    with stack_for(settings) as addresses:
        assert addresses.database_url == "postgresql://hub_app:x@db.example/hub"
        assert addresses.nats_url == "nats://bus.example"
        assert addresses.owner_url is None
    assert not (tmp_path / "empty" / "pg").exists()
