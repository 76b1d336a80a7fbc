"""A record with a sealed log beside it, small partitions, and its archive."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg

from adapters.archive.keeping import Archiver
from adapters.archive.shelf import ParquetShelf
from adapters.archive.writing import Sealed
from adapters.keys import FileSigner
from adapters.seal.store import LogFiles
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import HASH_BYTES, Frontier, node
from hub.seal.note import Note, Signature, render
from hub.seal.tiles import HEIGHT, WIDTH, path, tiles_of
from projections import archived
from projections.reader import pages
from tests.adapters.record.writes import event, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from adapters.archive.keeping import Archived
    from adapters.record.postgres import PostgresRecord
    from hub.record import Recorded
    from tests.servers import Database

ROWS = 100
SIGNER = FileSigner("hub.test/log", 1, b"k" * 32)


def cut_small(database: Database, rows: int = ROWS) -> None:
    """Let the test's own empty record have small partitions: what no role of the hub could do."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for name in ("events_0", "events_1"):
            connection.execute(f"DROP TABLE IF EXISTS record.{name}".encode())
        connection.execute("UPDATE record.log_head SET partition_rows = %s", (rows,))
        connection.execute("SELECT record.extend()")


async def fill(record: PostgresRecord, streams: int, versions: int, after: int = 0) -> None:
    """Append versions of streams, one event to a command, in an order that is always the same."""
    for version in range(after + 1, after + versions + 1):
        await asyncio.gather(
            *(
                record.append(
                    write(
                        event(name(number), version, b'{"n":%d}' % version, f"a.b.{number % 3}"),
                        command_id=f"c-{number}-{version}",
                    )
                )
                for number in range(streams)
            )
        )


def name(number: int) -> str:
    return f"sharing.request:{number:02}"


def everything(connection: psycopg.Connection) -> list[Recorded]:
    """Return every event, read as everybody reads."""
    return [one for page in pages(connection, 0) for one in page.events]


def seal(connection: psycopg.Connection, folder: Path, size: int | None = None) -> Sealed:
    """Write the log of a record up to a position as the sealer does: tiles and checkpoint."""
    leaves = [event.leaf for page in pages(connection, 0, upto=size) for event in page.events]
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        above = levels[-1]
        for _ in range(HEIGHT):
            above = [node(a, b) for a, b in zip(above[::2], above[1::2], strict=False)]
        levels.append(above)
    for level, number, width in tiles_of(0, len(leaves)):
        hashes = levels[level][number * WIDTH : number * WIDTH + width]
        _put(folder / path(level, number, width), b"".join(hashes))
    frontier = Frontier()
    frontier.extend(leaves)
    checkpoint = Checkpoint("hub.test/log", len(leaves), frontier.root())
    key = SIGNER.key
    signature = Signature(key.name, key.key_id, SIGNER.sign(checkpoint.text.encode()))
    note = render(Note(checkpoint.text, (signature,)))
    _put(folder / "checkpoint", note)
    assert all(len(one) == HASH_BYTES for one in leaves)
    return Sealed(note, checkpoint, LogFiles(folder).tiles(len(leaves)))


def sealed_at(folder: Path) -> Sealed:
    """Return the log that lies in a folder."""
    log = LogFiles(folder)
    checkpoint, tiles = log.latest()
    return Sealed(log.checkpoint() or b"", checkpoint, tiles)


def _put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def archiver(
    owner: psycopg.Connection,
    folder: Path,
    sealed: Sealed | None,
    said: list[str] | None = None,
    patience: float = 10,
    lease: float = 0,
) -> Archiver:
    """Make an archiver, and let this process read from its archive."""
    archived.hand_in(lambda: ParquetShelf(folder))
    heard: list[str] = [] if said is None else said
    return Archiver(
        owner, folder, sealed, below=folder, say=heard.append, patience=patience, lease=lease
    )


def archive_all(database: Database, tmp_path: Path, lease: float = 0) -> Sequence[Archived]:
    """Seal the record as it stands and archive every whole partition."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        sealed = seal(owner, tmp_path / "log")
        return archiver(owner, tmp_path / "archive", sealed, lease=lease).archive(keep=0)


def tables(connection: psycopg.Connection) -> list[str]:
    """Return the tables that hold events, those let go but not dropped among them."""
    found = connection.execute(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'record' AND tablename ~ '^events_[0-9]+$' ORDER BY 1"
    )
    return [name for (name,) in found.fetchall()]
