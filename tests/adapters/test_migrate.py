import threading
from pathlib import Path

import psycopg
import pytest

from adapters.migrate import MigrationProblem, migrate, migrations, pending
from tests.servers import Database

FIRST = "CREATE TABLE one (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for migration in migrations():
        (tmp_path / migration.name).write_text(migration.text)
    return tmp_path


def add(files: Path, text: str) -> str:
    name = f"{len(list(files.iterdir())) + 1:04d}_added_by_a_test.sql"
    (files / name).write_text(text)
    return name


def test_a_new_file_is_applied_once(database: Database, files: Path) -> None:
    name = add(files, FIRST)

    assert pending(database.app_url, files) == [name]
    assert migrate(database.owner_url, files) == [name]
    assert migrate(database.owner_url, files) == []
    assert pending(database.app_url, files) == []


def test_a_file_that_fails_leaves_nothing_behind(database: Database, files: Path) -> None:
    name = add(files, FIRST + "SELECT 1 / 0;")

    with pytest.raises(MigrationProblem, match=f"{name} failed and was undone: division by zero"):
        migrate(database.owner_url, files)

    with psycopg.connect(database.owner_url) as connection:
        assert connection.execute("SELECT to_regclass('one')").fetchone() == (None,)
    assert pending(database.app_url, files) == [name]


def test_an_applied_file_that_was_edited_is_refused(database: Database, files: Path) -> None:
    name = add(files, FIRST)
    migrate(database.owner_url, files)
    (files / name).write_text(FIRST + "-- just a comment")

    with pytest.raises(MigrationProblem, match=f"{name} was changed after it was applied"):
        migrate(database.owner_url, files)


def test_a_database_newer_than_the_hub_is_refused(database: Database, files: Path) -> None:
    name = add(files, FIRST)
    migrate(database.owner_url, files)
    (files / name).unlink()

    with pytest.raises(MigrationProblem, match=f"already has {name}, which this version"):
        migrate(database.owner_url, files)


def test_two_hubs_starting_together_apply_a_file_once(database: Database, files: Path) -> None:
    name = add(files, FIRST + "SELECT pg_sleep(0.2);")
    applied: list[list[str]] = []

    def run() -> None:
        applied.append(migrate(database.owner_url, files))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(applied) == [[], [name]]


@pytest.mark.parametrize("name", ["0003_wrong_number.sql", "words.sql", "0001_Upper.sql"])
def test_a_file_with_a_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")

    with pytest.raises(MigrationProblem, match=f"migrations/{name}: expected the next file"):
        migrations(tmp_path)


def test_the_application_role_may_not_migrate(database: Database, files: Path) -> None:
    add(files, FIRST)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        migrate(database.app_url, files)
