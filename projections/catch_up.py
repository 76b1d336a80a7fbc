"""The one runner: reads a page of the record once and brings every projection up to it.

    lock where they stand -> read pages, decode once -> fold in memory -> write rows and move
    `------------------------ one transaction, `batch` positions -------------------------'

The same function serves live following, rebuilding, tests and time travel: where the rows go is
chosen by the connection's `search_path`, how far by `until` (a position) and `as_of` (a legal
time). Rows stay in memory between batches as long as nobody else moved the projection.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from hub.codec import EVENTS, decode
from hub.event import Event
from hub.record import Recorded
from projections import positions
from projections.held import Held
from projections.positions import Standing
from projections.projection import Projection
from projections.reader import head, pages

BATCH_POSITIONS = 10_000
"""Positions in one transaction: what is lost at most, and folded again, when it fails."""
UNFIT = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
"""What PostgreSQL says of rows or a table that do not fit: the fault of the projection."""

Progress = Callable[[int, int], None]
"""Told after each transaction: the position reached, the position to reach."""


class Caught(msgspec.Struct, frozen=True):
    """How far it came: the position all have that are not parked, and pairs of event and view."""

    position: int
    pairs: int
    parked: tuple[Standing, ...] = ()


class Memory:
    """What a runner keeps between two calls: rows of its projections. Forgetting it is harmless."""

    def __init__(self, projections: Sequence[Projection[Any]]) -> None:
        """Take up these projections, with nothing in memory."""
        names = [projection.name for projection in projections]
        if len(set(names)) < len(names):
            msg = "two projections share a name"
            raise ValueError(msg)
        self.projections = tuple(projections)
        self.held: dict[str, Held[Any]] = {one.name: Held(one) for one in projections}
        self.entered = False

    def forget(self) -> None:
        """Drop every row: after a failure nobody knows what was committed."""
        for held in self.held.values():
            held.forget()


class Poison(Exception):
    """A projection failed on an event, or on rows from events (then the position is None)."""

    def __init__(self, held: Held[Any], position: int | None, error: Exception) -> None:
        """Keep whose fault it is and what was said."""
        super().__init__(str(error))
        self.held = held
        self.position = position
        self.reason = f"{type(error).__name__}: {error}".strip()


def catch_up(
    connection: psycopg.Connection,
    projections: Sequence[Projection[Any]] | Memory,
    *,
    until: int | None = None,
    as_of: datetime | None = None,
    batch: int = BATCH_POSITIONS,
    progress: Progress | None = None,
) -> Caught:
    """Bring the projections up to the head of the record, or to `until`; return how far they came.

    The connection is in autocommit and its `search_path` names the schema of the rows. The
    furthest behind goes first until it meets the next, so that all at one position share one
    pass. `as_of` leaves out events whose legal time is later. A projection that cannot take an
    event is parked before it, with the reason in `projection_positions`; the others go on. One
    whose row says another version is left alone: rebuild it.
    """
    memory = projections if isinstance(projections, Memory) else Memory(projections)
    if not memory.entered:
        positions.enter(connection, memory.projections)
        memory.entered = True
    names = sorted(memory.held)
    pairs = 0
    while True:
        try:
            step = advance(connection, memory, names, until=until, as_of=as_of, batch=batch)
        except Poison as poison:
            _corner(connection, memory, poison, until, as_of)
            continue
        except BaseException:
            memory.forget()
            raise
        pairs += step.pairs
        if progress is not None:
            progress(step.position, step.goal)
        if step.position >= step.goal:
            return Caught(step.position, pairs, step.parked)


@contextmanager
def no_cycles() -> Iterator[None]:
    """Keep the search for cycles away: events and rows hold none, and it took half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Step(msgspec.Struct, frozen=True):
    """One transaction: where the furthest behind stands after it, and where all want to be."""

    position: int
    goal: int
    pairs: int
    parked: tuple[Standing, ...]


def advance(
    connection: psycopg.Connection,
    memory: Memory,
    names: Sequence[str],
    *,
    until: int | None,
    as_of: datetime | None = None,
    batch: int,
) -> Step:
    """Advance the furthest behind of these by one batch, in one transaction."""
    with no_cycles(), connection.transaction():
        standing = positions.lock(connection, names)
        goal = head(connection) if until is None else min(until, head(connection))
        parked = tuple(one for one in standing if one.parked)
        going = [
            one
            for one in standing
            if not one.parked and one.version == memory.held[one.name].projection.version
        ]
        start = min((one.position for one in going), default=goal)
        if start >= goal:
            return Step(start, goal, 0, parked)
        group = [memory.held[one.name].at(one) for one in going if one.position == start]
        above = [one.position for one in going if one.position > start]
        end = min(start + batch, goal, *above)
        pairs = fold_positions(connection, group, start, end, as_of)
        for held in group:
            _write(connection, held)
        positions.move(connection, [held.projection.name for held in group], end)
    for held in group:
        held.settle(end)
    last = min([end, *above])
    return Step(last, goal, pairs, parked)


def fold_positions(
    connection: psycopg.Connection,
    group: Sequence[Held[Any]],
    start: int,
    end: int,
    as_of: datetime | None,
) -> int:
    """Read the positions after `start` up to `end` once, and let everybody fold what it reads."""
    readers: dict[str, list[Held[Any]]] = {}
    for held in group:
        for topic in held.topics:
            readers.setdefault(topic, []).append(held)
    all_readers = [held for held in group if held.projection.reads_all]
    topics = None if all_readers else sorted(readers)
    pairs = 0
    for page in pages(connection, start, upto=end, topics=topics):
        for recorded in page.events:
            by = readers.get(recorded.topic)
            if by is None:
                if all_readers and recorded.topic not in EVENTS:
                    _unknown(recorded, all_readers)
                continue
            event = _decoded(recorded, by)
            if as_of is not None and event.at > as_of:
                continue
            heard = (event, recorded)
            for held in by:
                held.heard.append(heard)
        for held in group:
            pairs += len(held.heard)
            _take(connection, held)
    return pairs


def _decoded(recorded: Recorded, readers: Sequence[Held[Any]]) -> Event:
    try:
        return decode(recorded.topic, recorded.schema_version, recorded.state)
    except Exception as error:
        # Each reader is parked in turn: the pass is repeated without the one that was named.
        raise Poison(readers[0], recorded.position, error) from error


def _unknown(recorded: Recorded, readers: Sequence[Held[Any]]) -> None:
    error = LookupError(f"the topic {recorded.topic} is not known to this program")
    raise Poison(readers[0], recorded.position, error)


def _take(connection: psycopg.Connection, held: Held[Any]) -> None:
    try:
        held.take(connection)
    except psycopg.Error as error:
        if isinstance(error, UNFIT):
            raise Poison(held, None, error) from error
        raise
    except Exception as error:
        raise Poison(held, held.failed_at, error) from error


def _write(connection: psycopg.Connection, held: Held[Any]) -> None:
    try:
        held.parcel().write(connection)
    except UNFIT as error:
        raise Poison(held, None, error) from error


def _corner(
    connection: psycopg.Connection,
    memory: Memory,
    poison: Poison,
    until: int | None,
    as_of: datetime | None,
) -> None:
    """Lead one projection alone up to the event it cannot take, and park it there.

    Where the event is not known (PostgreSQL refused rows of many), the batch is halved until a
    single position fails.
    """
    memory.forget()
    name = poison.held.projection.name
    span = BATCH_POSITIONS
    while True:
        [one] = positions.lock(connection, [name])
        if poison.position is not None and one.position >= poison.position - 1:
            positions.park(connection, name, poison.position, poison.reason)
            return
        limit = until if poison.position is None else poison.position - 1
        try:
            step = advance(connection, memory, [name], until=limit, as_of=as_of, batch=span)
        except Poison as again:
            memory.held[name].forget()
            if again.position is not None:
                poison = again
            elif span == 1:
                poison = Poison(again.held, one.position + 1, again.__cause__ or again)  # type: ignore[arg-type] # raised from an Exception
            else:
                span //= 2
        else:
            if poison.position is None and step.position >= step.goal:
                return  # it passes now: what stood in its way is gone
