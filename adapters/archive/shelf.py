"""The archive as readers use it: one event, one stream, or page after page, each leaf checked."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import polars as pl

from adapters.archive import manifest as manifests
from adapters.archive.lookup import Lookup
from adapters.archive.manifest import Events, Manifest
from adapters.archive.rows import EVENTS, ROWS_IN_GROUP, first_damaged, opened, rows_of
from hub.record import Recorded
from projections.archived import ArchiveProblem, Volume

_GROUPS_MAX = 4
"""Row groups kept unpacked, for the next page; some 8 MB each."""


class ParquetShelf:
    """Opens the folders of one archive; `projections.archived.Shelf`. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of the archive."""
        self._folder = folder
        self._lock = Lock()
        self._manifests: dict[bytes, Manifest] = {}
        self._lookups: dict[bytes, Lookup] = {}
        self._groups: OrderedDict[tuple[Path, int], pl.DataFrame] = OrderedDict()

    def between(
        self, volume: Volume, first: int, last: int, topics: Sequence[str] | None
    ) -> list[Recorded]:
        """Return the events of a volume from position `first` to `last`, of some topics or all."""
        found: list[Recorded] = []
        for part in self._manifest(volume).events:
            if part.first > last or part.last < first:
                continue
            start, end = max(first, part.first), min(last, part.last)
            for group in range(
                (start - part.first) // ROWS_IN_GROUP, (end - part.first) // ROWS_IN_GROUP + 1
            ):
                frame = self._group(volume, part, group)
                begins = part.first + group * ROWS_IN_GROUP
                frame = frame.slice(max(start - begins, 0), end + 1 - max(start, begins))
                if topics is not None:
                    frame = frame.filter(pl.col("topic").is_in(list(topics)))
                found += self._checked(volume, part, frame)
        return found

    def at(self, volume: Volume, positions: Sequence[int]) -> list[Recorded]:
        """Return the events of a volume at these positions, all of them."""
        parts = self._manifest(volume).events
        wanted: dict[int, list[int]] = {}
        for position in positions:
            number = bisect_right(parts, position, key=lambda part: part.first) - 1
            wanted.setdefault(number, []).append(position)
        found: list[Recorded] = []
        for number, some in wanted.items():
            part = parts[number]
            path = self._path(volume) / part.file.name
            chosen = pl.scan_parquet(path).filter(pl.col("position").is_in(some))
            frame = opened(_where(path, part), chosen.collect)
            if frame.height != len(some):
                raise ArchiveProblem(f"{_where(path, part)} lacks one of the positions {some}")
            found += self._checked(volume, part, frame)
        return found

    def positions_of(self, volume: Volume, stream_id: str) -> list[int]:
        """Return where the events of a stream stand in a volume, a few others among them."""
        with self._lock:
            lookup = self._lookups.get(volume.manifest)
        if lookup is None:
            path = self._path(volume) / self._manifest(volume).index.name
            lookup = Lookup(path, volume.first)
            with self._lock:
                self._lookups[volume.manifest] = lookup
        return lookup.positions(stream_id)

    def _group(self, volume: Volume, part: Events, group: int) -> pl.DataFrame:
        path = self._path(volume) / part.file.name
        with self._lock:
            held = self._groups.get((path, group))
        if held is not None:
            return held
        rows = pl.scan_parquet(path).slice(group * ROWS_IN_GROUP, ROWS_IN_GROUP)
        frame = opened(_where(path, part), rows.collect)
        first = part.first + group * ROWS_IN_GROUP
        positions = frame.get_column("position").to_list() if "position" in frame.columns else []
        if positions != list(range(first, min(first + ROWS_IN_GROUP, part.last + 1))):
            raise ArchiveProblem(f"{_where(path, part)} does not hold the positions from {first}")
        with self._lock:
            self._groups[path, group] = frame
            while len(self._groups) > _GROUPS_MAX:
                self._groups.popitem(last=False)
        return frame

    def _checked(self, volume: Volume, part: Events, frame: pl.DataFrame) -> list[Recorded]:
        where = _where(self._path(volume) / part.file.name, part)
        if not set(EVENTS) <= set(frame.columns):
            raise ArchiveProblem(f"{where} lacks columns")
        events = rows_of(frame, Recorded, EVENTS, where)
        damaged = first_damaged(events)
        if damaged is not None:
            raise ArchiveProblem(f"{where} is damaged at position {damaged}; bring back its copy")
        return events

    def _manifest(self, volume: Volume) -> Manifest:
        with self._lock:
            known = self._manifests.get(volume.manifest)
        if known is None:
            known = manifests.read(self._path(volume), volume.manifest)
            with self._lock:
                self._manifests[volume.manifest] = known
        return known

    def _path(self, volume: Volume) -> Path:
        return self._folder / volume.folder


def _where(path: Path, part: Events) -> str:
    return f"the archive's file {path} (positions {part.first} to {part.last})"
