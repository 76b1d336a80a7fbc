"""Filling empty tables fast: while one batch is written, the next one is read and folded.

Only for a schema that nobody else writes (a rebuild, a replay). It changes when rows are written,
never which: whatever goes wrong here is left to `catch_up`, which goes on from the last commit.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from projections import positions
from projections.catch_up import UNFIT, Memory, Poison, Progress, fold_positions, no_cycles
from projections.connect import connect
from projections.held import Parcel

BATCH_POSITIONS = 25_000
"""Positions in one transaction: larger batches write a row fewer times and hold more memory."""


def fill(
    connection: psycopg.Connection,
    schema: str,
    memory: Memory,
    *,
    goal: int,
    as_of: datetime | None = None,
    progress: Progress | None = None,
) -> int:
    """Fill the tables of a schema from the first event up to a position; return the pairs folded.

    It may stop short of the goal, where a projection cannot take an event: call `catch_up` after.
    """
    positions.enter(connection, memory.projections)
    memory.entered = True
    address = make_conninfo(**connection.info.get_parameters(), password=connection.info.password)
    with connect(address, schema, purpose="filler") as writer, no_cycles():
        try:
            return _filled(connection, writer, memory, goal, as_of, progress)
        except (Poison, *UNFIT):
            memory.forget()
            return 0


def _filled(
    connection: psycopg.Connection,
    writer: psycopg.Connection,
    memory: Memory,
    goal: int,
    as_of: datetime | None,
    progress: Progress | None,
) -> int:
    names = sorted(memory.held)
    standing = positions.lock(connection, names)
    group = [memory.held[one.name].at(one) for one in standing]
    if any(one.position for one in standing):
        return 0
    pairs, start = 0, 0
    with ThreadPoolExecutor(1, "filler") as pool:
        written: Future[None] | None = None
        while start < goal:
            end = min(start + BATCH_POSITIONS, goal)
            if written is not None and not all(held.complete for held in group):
                written.result()  # rows may have to be read back
            pairs += fold_positions(connection, group, start, end, as_of)
            parcels = [held.parcel() for held in group]
            if written is not None:
                written.result()
            written = pool.submit(_write, writer, parcels, names, end)
            for held in group:
                held.settle(end)
            start = end
            if progress is not None:
                progress(end, goal)
        if written is not None:
            written.result()
    return pairs


def _write(
    writer: psycopg.Connection, parcels: Sequence[Parcel[Any]], names: Sequence[str], position: int
) -> None:
    with writer.transaction():
        positions.lock(writer, names)
        for parcel in parcels:
            parcel.write(writer)
        positions.move(writer, names, position)
