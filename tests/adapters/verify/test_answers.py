"""Answers are held against the events that name them, across ranges and whatever the id is."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.record.sync import SyncRecord
from adapters.verify.answers import Answers, Run, runs_of
from adapters.verify.source import FromPostgres, forget, snapshot_of
from hub.record import Write
from tests.adapters.record.writes import event, stream
from tests.adapters.seal.sealing import Log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database

IDS = ("plain-1", 'say "why"', "back\\slash", "共享-2", "none", "plain-3", "last")
EACH = 100
"""Events of a command, so that one lies across two tiles."""


def state(command_id: str) -> bytes:
    return b"{}" if command_id == "none" else orjson.dumps({"at": "…", "causation_id": command_id})


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    with SyncRecord(database.app_url) as record:
        for command_id in IDS:
            of = stream()
            events = tuple(event(of, nth, state(command_id)) for nth in range(1, EACH + 1))
            record.append(Write(command_id, sha256(command_id.encode()).digest(), events))
        record.append(Write("nothing to record", bytes(32), ()))
    return Log(database, tmp_path)


def wrong(log: Log) -> list[tuple[int | None, str]]:
    """Return what is wrong, reading in ranges of one tile."""
    url = log.database.app_url
    with snapshot_of(url) as connection:
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        answers = Answers(connection)
        for number, rows in FromPostgres(url, row[0], 1, 700).tiles(0, 700):
            runs: list[Run] = []
            runs_of(rows, runs)
            answers.take(number * 256 + 256, runs)
        answers.finish(700)
        forget(url, row[0])
    return [(one.position, one.sentence.partition(" with ")[0]) for one in answers.wrong]


def test_every_answer_fits_its_events(log: Log) -> None:
    assert wrong(log) == []


@pytest.mark.parametrize("command_id", [one for one in IDS if one != "none"])
def test_an_answer_under_another_id_is_found(log: Log, command_id: str) -> None:
    quoted = command_id.replace("'", "''")
    log.superuser(
        f"UPDATE record.commands SET command_id = 'another' WHERE command_id = '{quoted}'"
    )
    first = IDS.index(command_id) * EACH + 1
    assert wrong(log) == [(first, "record.commands answers another")]


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("DELETE FROM record.commands WHERE first = 301", 301),
        ("DELETE FROM record.commands WHERE first = 601", 601),
        ("UPDATE record.commands SET count = 90 WHERE first = 301", 391),
        ("UPDATE record.commands SET count = 110 WHERE first = 601", 701),
        ("UPDATE record.commands SET first = 701 WHERE first = 601", 601),
        ("UPDATE record.commands SET recorded_at = now() WHERE first = 201", 201),
        ("INSERT INTO record.commands VALUES ('more', sha256(''), 701, 1, now())", 701),
    ],
)
def test_the_answers_follow_one_another_and_end_with_the_events(
    log: Log, statement: str, position: int
) -> None:
    log.superuser(statement)
    assert [at for at, _ in wrong(log)][:1] == [position]
