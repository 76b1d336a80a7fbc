"""Following the record: every projection a few milliseconds behind it, for good.

It wakes by LISTEN and looks every second in case nobody called. A lost connection is opened again
with a growing pause; what was not committed is folded again, so nothing is lost or counted twice.
"""

from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg

from projections import positions
from projections.archived import ArchiveProblem
from projections.catch_up import BATCH_POSITIONS, Caught, Memory, catch_up
from projections.connect import connect
from projections.projection import Projection
from projections.reader import await_growth, head, listen
from projections.rebuild import CannotRebuild, rebuild

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.1, 5.0

_BY_INDEX = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
"""Rows are read by key: a plan made while a table was small would scan it when it is large."""

Passed = Callable[[Caught], None]
"""Told after each pass how far the projections are."""
Say = Callable[[str], None]
"""Hears, in a sentence, what an operator should know."""


def follow(
    url: str, projections: Sequence[Projection[Any]], stop: Flag, *, passed: Passed, say: Say
) -> None:
    """Keep the projections up to date until `stop` is set; returns only then.

    Those that are new or have a newer version than their tables are built anew beside the live
    ones, in a thread of its own, while the others follow.
    """
    pause = PAUSE_SECONDS_MIN
    parked: set[str] = set()
    builder: Thread | None = None
    while not stop.is_set():
        try:
            with connect(url, purpose="follower") as connection:
                connection.execute(_BY_INDEX)
                listen(connection)
                outdated = _outdated(connection, projections)
                if outdated and (builder is None or not builder.is_alive()):
                    builder = Thread(target=_build, args=(url, outdated, say), daemon=True)
                    builder.start()
                memory = Memory(projections)
                while not stop.is_set():
                    caught = catch_up(connection, memory)
                    pause = PAUSE_SECONDS_MIN
                    parked = _tell_parked(caught, parked, say)
                    passed(caught)
                    await_growth(connection, caught.position)
        except psycopg.OperationalError as error:
            if stop.is_set():
                return
            say(f"lost PostgreSQL ({_first_line(error)}); trying again in {pause:g} s")
            stop.wait(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX)
        except ArchiveProblem as problem:
            say(f"the projections wait: {problem}")
            stop.wait(PAUSE_SECONDS_MAX)


def _outdated(
    connection: psycopg.Connection, projections: Sequence[Projection[Any]]
) -> list[Projection[Any]]:
    """Return those to be built beside: a newer version, or new on a record that is long already."""
    if head(connection) > BATCH_POSITIONS:
        positions.enter(connection, projections, version=0)
    else:
        positions.enter(connection, projections)
    held = {one.name: one.version for one in positions.standings(connection)}
    return [one for one in projections if held[one.name] < one.version]


def _build(url: str, projections: Sequence[Projection[Any]], say: Say) -> None:
    names = ", ".join(projection.name for projection in projections)
    say(f"building anew beside the live tables: {names}")
    try:
        with connect(url, purpose="rebuild") as connection:
            caught = rebuild(connection, projections)
    except (CannotRebuild, ArchiveProblem, psycopg.Error) as error:
        say(f"{names} could not be built: {_first_line(error)}; run `hub rebuild` when mended")
    else:
        say(f"built up to position {caught.position} and put in place: {names}")


def _tell_parked(caught: Caught, before: set[str], say: Say) -> set[str]:
    for one in caught.parked:
        if one.name not in before:
            say(
                f"{one.name} stands still at {one.position}: it cannot take the event"
                f" {one.parked_position} ({one.parked_reason}); mend it and run"
                f" `hub rebuild {one.name}`"
            )
    return {one.name for one in caught.parked}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
