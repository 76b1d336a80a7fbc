"""Rows of archived partitions, read from their Parquet files as they lie there."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from adapters.archive import manifest as manifests
from adapters.archive.rows import opened
from adapters.verify.source import Row, by_tile
from projections.archived import Volume

_COLUMNS = {
    "position": pl.Int64(),
    "recorded_at": pl.Int64(),
    "version": pl.Int32(),
    "schema_version": pl.Int16(),
    "leaf": pl.Binary(),
    "stream_id": pl.Binary(),
    "topic": pl.Binary(),
    "state": pl.Binary(),
}
"""As `Row` has them: times in µs since 1970, text as its bytes."""
_ROWS_AT_ONCE = 16_384


class FromArchive(NamedTuple):
    """Rows in one folder of the archive; `manifest` is the SHA-256 the database keeps of it."""

    folder: Path
    manifest: bytes
    first: int
    last: int

    def tiles(self, after: int, upto: int) -> Iterator[tuple[int, list[Row]]]:
        """Yield the rows with after < position ≤ upto, in order, by their level-0 tile.

        Raises ArchiveProblem that names a file which is missing or cannot be read.
        """
        yield from by_tile(self._rows(max(after + 1, self.first), min(upto, self.last)))

    def _rows(self, first: int, last: int) -> Iterator[Row]:
        for part in manifests.read(self.folder, self.manifest).events:
            if part.first > last or part.last < first:
                continue
            path = self.folder / part.file.name
            where = f"the archive's file {path} (positions {part.first} to {part.last})"
            start, end = max(first, part.first), min(last, part.last)
            for begins in range(start, end + 1, _ROWS_AT_ONCE):
                count = min(_ROWS_AT_ONCE, end + 1 - begins)
                yield from _some(path, where, begins - part.first, count)


def _some(path: Path, where: str, offset: int, count: int) -> list[Row]:
    def read() -> list[Row]:
        columns = [pl.col(name).cast(kind) for name, kind in _COLUMNS.items()]
        frame = pl.scan_parquet(path).slice(offset, count).select(columns).collect()
        return list(zip(*(frame.get_column(name).to_list() for name in _COLUMNS), strict=True))

    return opened(where, read)


def of_volumes(archive: Path, volumes: list[Volume]) -> tuple[FromArchive, ...]:
    """Return a source for each folder of the archive."""
    return tuple(
        FromArchive(archive / one.folder, one.manifest, one.first, one.last) for one in volumes
    )
