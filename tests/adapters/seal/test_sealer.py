"""Every event becomes a leaf; nothing but what was recorded is ever signed."""

import time
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from adapters.seal import board
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from projections.connect import connect
from tests.adapters.seal.sealing import Log


@pytest.mark.parametrize("events", [1, 255, 256, 257, 700])
def test_the_log_is_the_tree_over_the_record_in_its_order(log: Log, events: int) -> None:
    log.append(events)

    log.seal_all()

    assert log.check().size == events


def test_a_log_grows_over_several_starts(log: Log) -> None:
    for events in (3, 252, 1, 300, 1):
        log.append(events)
        log.seal_all()
        log.check()

    assert log.check().size == 557


def test_an_event_is_sealed_well_within_two_seconds(log: Log) -> None:
    log.append(1)
    with log.sealer():
        log.sealed(1)
        waits = []
        for position in range(2, 12):
            started = time.monotonic()
            log.append(1)
            log.sealed(position)
            waits.append(time.monotonic() - started)

    assert max(waits) < 2


def test_each_checkpoint_continues_the_one_before(log: Log) -> None:
    with log.sealer():
        seen = [log.sealed(log.append(events)) for events in (5, 300, 1, 40)]

    for old, new in pairwise(seen):
        proof = merkle.consistency(old.size, new.size, log.files.tiles(new.size))
        merkle.check_consistency(old.size, old.root, new.size, new.root, proof)


def test_nothing_is_signed_while_nothing_grows(log: Log) -> None:
    log.append(5)
    log.seal_all()
    first = (log.settings.log_dir / "checkpoint").stat()

    log.seal_all()

    assert (log.settings.log_dir / "checkpoint").stat() == first


def test_the_parts_of_a_whole_tile_are_removed(log: Log) -> None:
    for events in (200, 55, 1, 10):
        log.append(events)
        log.seal_all()

    names = {
        path.relative_to(log.settings.log_dir).as_posix()
        for path in log.settings.log_dir.rglob("*")
        if path.is_file()
    }
    assert names == {"checkpoint", "key", "tile/0/000", "tile/0/001.p/10", "tile/1/000.p/1"}


def test_the_board_shows_the_checkpoint_and_no_trouble(log: Log) -> None:
    log.append(5)
    head = log.seal_all()

    with connect(log.database.app_url) as connection:
        [standing] = board.standings(connection)
        kept = board.note_of(connection, "sha256", 5)

    assert (standing.size, standing.lag_events, standing.trouble) == (5, 0, None)
    assert notes.parse(kept or b"").text == head.text


def test_of_the_checkpoints_of_old_hours_the_last_stays(log: Log) -> None:
    with connect(log.database.app_url) as connection:
        for size in (1, 2, 3):
            board.enter(
                connection, "sha256", Checkpoint("o", size, b"r" * 32), b"", witnessed=False
            )
        connection.execute(
            """
            UPDATE desk.checkpoints
               SET signed_at = date_trunc('hour', now()) - interval '3 hours'
                               + size * interval '1 second'
             WHERE size < 3
            """
        )
        board.thin_out(connection, "sha256")

        left = connection.execute("SELECT size FROM desk.checkpoints ORDER BY size").fetchall()

    assert left == [(2,), (3,)]


@pytest.mark.parametrize(
    "change",
    [
        "SET state = '{\"days\":366}'",
        "SET topic = 'sharing.request.withdrawn'",
        "SET recorded_at = recorded_at + interval '1 second'",
        "SET leaf = sha256('other')",
    ],
)
def test_a_row_that_was_altered_is_never_sealed(log: Log, change: str) -> None:
    log.append(10)
    log.superuser(f"UPDATE record.events {change} WHERE position = 7")

    words = log.trouble()

    assert "position 7 is not the one that was recorded" in words
    assert log.check().size == 6


def test_sealing_goes_on_when_the_row_is_back(log: Log) -> None:
    log.append(10)
    log.superuser(
        "CREATE TABLE public.copy AS SELECT * FROM record.events WHERE position = 7",
        "DELETE FROM record.events WHERE position = 7",
    )
    assert "no event at position 7" in log.trouble()

    log.superuser("INSERT INTO record.events SELECT * FROM public.copy")

    assert log.seal_all().size == 10
    with connect(log.database.app_url) as connection:
        assert board.standings(connection)[0].trouble is None


def test_a_second_sealer_waits(log: Log, tmp_path: Path) -> None:
    log.append(1)
    other = Log(log.database, tmp_path / "elsewhere")  # another guard: only the database knows
    with log.sealer():
        log.sealed(1)
        with other.sealer(), psycopg.connect(log.database.app_url, autocommit=True) as looking:
            while not other.said:
                looking.execute("SELECT pg_sleep(0.01)")

    assert other.said == [
        "sha256: waiting: another process seals the track sha256 of this database"
    ]
    assert other.files.checkpoint() is None
