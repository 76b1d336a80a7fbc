"""Archiving old events and reading them again, beside PostgreSQL's COPY and reading from it."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg

from adapters.archive import manifest as manifests
from adapters.archive import reading, writing
from adapters.archive.manifest import EVENTS as WHOLE
from adapters.archive.shelf import ParquetShelf
from adapters.archive.writing import Range
from adapters.bench.figure import Figure
from adapters.bench.lives import fill
from adapters.record.loader import COLUMNS
from hub.seal.merkle import Frontier
from projections import archived
from projections.archived import Volume
from projections.reader import head, pages, stream

EVENTS = 300_000
STREAMS = 200
STREAM_MS_MAX = 50
"""An old stream is loaded from the archive within this."""


def archive(url: str, *, events: int = EVENTS) -> list[Figure]:
    """Measure events archived and read again per second, the size of one, and an old stream.

    `url` is a migrated database as hub_app on a durable server; it is filled up to `events`.
    Archiving is all that happens before a partition may go: read, written to the disk, read back,
    every leaf computed again.
    """
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        asyncio.run(fill(url, events - head(connection)))
        with tempfile.TemporaryDirectory(prefix="bench-archive-") as folder:
            return _measured(connection, Path(folder), min(events, head(connection)))


def _measured(connection: psycopg.Connection, folder: Path, events: int) -> list[Figure]:
    chosen = Range(WHOLE, 1, events, events)
    copied = _rate(events, lambda: _copy_out(connection, events))
    archived_each = _rate(events, lambda: _archive(connection, folder, chosen))
    place = folder / chosen.name
    shelf = ParquetShelf(folder)
    volume = Volume(1, events, chosen.name, manifests.digest(place))
    archived.hand_in(lambda: shelf)
    selected = _rate(events, lambda: _drain(connection, events))
    read = _rate(events, lambda: _drain_archive(volume, events))
    return [
        Figure(
            name="archive write",
            ours=round(archived_each),
            other=round(copied),
            other_is="COPY … TO STDOUT (FORMAT BINARY) of the same rows, bytes thrown away",
            ratio=round(archived_each / copied, 3),
            unit="events/s",
        ),
        Figure(
            name="archive read",
            ours=round(read),
            other=round(selected),
            other_is="the same pages read from PostgreSQL",
            ratio=round(read / selected, 2),
            unit="events/s",
        ),
        _of_size(connection, place, events),
        _of_streams(connection, volume),
    ]


def _of_size(connection: psycopg.Connection, place: Path, events: int) -> Figure:
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
        " WHERE inhparent = 'record.events'::regclass"
    ).fetchone()
    assert row is not None
    size = sum(file.stat().st_size for file in place.iterdir())
    return Figure(
        name="archive size",
        ours=round(size / events, 1),
        other=round(float(row[0]) / events, 1),
        other_is="the same events in PostgreSQL, with indexes",
        ratio=round(size / float(row[0]), 3),
        unit="bytes/event",
        parts=_parts(place, events),
    )


def _of_streams(connection: psycopg.Connection, volume: Volume) -> Figure:
    """Load old streams one by one, each from an archive that was just opened and from the hub."""
    names = connection.execute("SELECT stream_id, version FROM record.streams").fetchall()
    chosen = random.Random(1).sample(names, min(STREAMS, len(names)))  # noqa: S311 - no secret
    ours = [
        _milliseconds(lambda one=one: archived.stream([volume], one[0], 0, one[1]))  # type: ignore[misc] # a default binds the loop's value
        for one in chosen
    ]
    other = [_milliseconds(lambda one=one: stream(connection, one[0])) for one in chosen]  # type: ignore[misc] # as above
    slow, quick = (sorted(each)[int(len(each) * 0.99)] for each in (ours, other))
    return Figure(
        name="archive stream (p99)",
        ours=round(slow, 2),
        other=STREAM_MS_MAX,
        other_is="the limit; the same streams from PostgreSQL are in the parts",
        ratio=round(slow / STREAM_MS_MAX, 3),
        unit="ms",
        must=1,
        at_most=True,
        parts={"median_ms": round(median(ours), 2), "postgresql_ms": round(quick, 2)},
    )


def _archive(connection: psycopg.Connection, folder: Path, chosen: Range) -> None:
    writing.write(connection, folder, chosen, None, lambda _position, _goal: None)
    place = folder / chosen.name
    reading.check(reading.Folder(place, manifests.read(place)), Frontier())


def _copy_out(connection: psycopg.Connection, events: int) -> None:
    statement = f"""
        COPY (SELECT {COLUMNS} FROM record.events WHERE position <= {events} ORDER BY position)
          TO STDOUT (FORMAT BINARY)
    """  # noqa: S608 - composed of constants and a number
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for _ in copy:
            pass


def _drain(connection: psycopg.Connection, events: int) -> None:
    for _ in pages(connection, 0, upto=events):
        pass


def _drain_archive(volume: Volume, events: int) -> None:
    for first in range(1, events + 1, 2_000):
        archived.between([volume], first, min(first + 1_999, events))


def _parts(place: Path, events: int) -> dict[str, float]:
    manifest = manifests.read(place)
    named = {
        "events": sum(one.file.bytes for one in manifest.events),
        "commands": sum(one.bytes for one in manifest.commands),
        "index": manifest.index.bytes,
    }
    return {name: round(size / events, 1) for name, size in named.items()}


def _rate(events: int, work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return events / (perf_counter() - start)


def _milliseconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1_000
