"""An hour in which nobody outside saw the log is told apart from one in which somebody did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from adapters.seal import board
from adapters.seal.history import HourState, Kept, hours, kept, lag
from hub.seal.checkpoint import Checkpoint

if TYPE_CHECKING:
    from tests.adapters.seal.sealing import Log

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
W, U, A = HourState.WITNESSED, HourState.UNWITNESSED, HourState.ABSENT


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def signed(size: int, minutes: int, seen: int | None = None, stamped: int | None = None) -> Kept:
    witnessed = None if seen is None else at(seen)
    return Kept(size, at(minutes), witnessed, None if stamped is None else at(stamped), b"")


def states(checkpoints: list[Kept], until: int, since: int = 0) -> list[HourState]:
    return [each.state for each in hours(checkpoints, at(since), at(until))]


def test_before_the_first_checkpoint_there_was_no_log() -> None:
    assert states([], 61) == [A, A]
    assert states([signed(1, 70, seen=71)], 61) == [A, W]


def test_an_hour_is_witnessed_when_one_of_its_checkpoints_was_in_time() -> None:
    assert states([signed(1, 5), signed(2, 30, seen=31), signed(3, 59)], 59) == [W]
    assert states([signed(1, 5), signed(2, 30), signed(3, 59)], 59) == [U]


def test_a_cosignature_that_comes_after_the_hour_is_too_late_for_it() -> None:
    assert states([signed(1, 50, seen=61)], 59) == [U]


def test_a_quiet_hour_is_witnessed_when_the_log_as_it_stood_was() -> None:
    seen, unseen = signed(1, 5, seen=6), signed(1, 5)
    assert states([seen], 130) == [W, W, W]
    assert states([unseen], 130) == [U, U, U]
    assert states([signed(1, 5, seen=70)], 130) == [U, W, W]
    assert [each.grew for each in hours([seen], at(0), at(130))] == [True, False, False]


def test_growth_that_nobody_saw_makes_the_hour_unwitnessed_again() -> None:
    assert states([signed(1, 5, seen=6), signed(2, 65)], 130) == [W, U, U]


def test_every_hour_has_the_size_and_the_stamp_it_ended_with() -> None:
    found = hours([signed(1, 5), signed(7, 50, stamped=55), signed(9, 130)], at(0), at(130))
    assert [(each.size, each.stamped_at) for each in found] == [(7, at(55)), (7, None), (9, None)]


def test_the_hours_go_from_the_first_to_the_last_asked_for() -> None:
    found = hours([signed(1, 5)], at(0), at(7 * 24 * 60))
    assert len(found) == 7 * 24 + 1
    assert (found[0].begins_at, found[-1].begins_at) == (NOON, NOON + timedelta(days=7))


def test_the_newest_and_the_last_of_each_hour_are_looked_at(log: Log) -> None:
    with psycopg.connect(log.database.app_url, autocommit=True) as connection:
        for size in range(1, 101):
            board.enter(
                connection, "sha256", Checkpoint("o", size, b"r" * 32), b"", witnessed=size == 10
            )
        connection.execute(
            """
            UPDATE desk.checkpoints
               SET signed_at = date_trunc('hour', now()) - interval '3 hours'
                               + size * interval '1 second'
             WHERE size <= 30
            """
        )
        connection.execute(
            "UPDATE desk.checkpoints SET signed_at = now() - interval '9 days' WHERE size < 5"
        )
        found = kept(connection, datetime.now(UTC) - timedelta(days=7))

    sizes = [each.size for each in found]
    assert sizes == [4, 10, 30, *range(41, 101)]


def test_the_last_witnessed_checkpoint_of_an_hour_is_kept_beside_the_last(log: Log) -> None:
    with psycopg.connect(log.database.app_url, autocommit=True) as connection:
        for size in range(1, 7):
            board.enter(
                connection,
                "sha256",
                Checkpoint("o", size, b"r" * 32),
                b"",
                witnessed=size in {2, 4},
            )
        connection.execute(
            """
            UPDATE desk.checkpoints
               SET signed_at = date_trunc('hour', now()) - interval '3 hours'
                               + size * interval '1 second'
            """
        )
        board.thin_out(connection, "sha256")
        left = connection.execute("SELECT size FROM desk.checkpoints ORDER BY size").fetchall()

    assert left == [(4,), (6,)]


def test_the_record_is_ahead_by_what_is_not_sealed(log: Log) -> None:
    log.append(3)
    with psycopg.connect(log.database.app_url, autocommit=True) as connection:
        ahead, level = lag(connection, 1), lag(connection, 3)

    assert (ahead.position, level) == (3, level._replace(position=3, waiting_since=None))
    assert ahead.waiting_since is not None
