"""Archiving: which partitions go, in which order, and so that a kill at any step loses nothing.

    write the folder -> read it back -> announce it -> wait for older sessions -> detach -> drop
    (put in place by   (every leaf,    (a row in      (who may not see the      (readers find the
     one rename)        every root)     record.archives) row)                    positions there)

The next run looks what is there and goes on from that: a complete folder is read back instead of
written, an announced range is let go.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from adapters.archive import manifest as manifests
from adapters.archive import partitions, reading, writing
from adapters.archive.manifest import EVENTS, TAIL, Manifest
from adapters.archive.partitions import PATIENCE_SECONDS, Partition
from adapters.archive.writing import PARTIAL, Progress, Range, Sealed
from hub.seal.merkle import Frontier
from projections import archived
from projections.archived import LEASE_SECONDS, ArchiveProblem, Volume
from projections.reader import head

KEEP = 2
"""Whole partitions that stay in the database if nobody says how many."""


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one range: its positions, where it is, and whether the database let it go."""

    first: int
    last: int
    folder: str
    bytes: int
    detached: bool


class Archiver:
    """Archives the partitions of one record; `connection` is the owner's, in autocommit."""

    def __init__(
        self,
        connection: psycopg.Connection,
        archive: Path,
        sealed: Sealed | None,
        *,
        below: Path,
        say: Callable[[str], None],
        progress: Progress = lambda _position, _goal: None,
        patience: float = PATIENCE_SECONDS,
        lease: float = LEASE_SECONDS,
    ) -> None:
        """Take up a record and the folder of its archive; readers look `below` the setting's."""
        self._connection = connection
        self._archive = archive
        self._sealed = sealed
        self._below = below
        self._say = say
        self._progress = progress
        self._patience = patience
        self._lease = lease

    def archive(self, *, keep: int | None = None, before: int | None = None) -> list[Archived]:
        """Archive every whole, sealed partition but the youngest `keep` (two), or those `before`.

        Raises ArchiveProblem; whatever was finished by then stays.
        """
        with self._alone():
            self._finish()
            whole = self._whole()
            if before is None:
                going = whole[: max(len(whole) - (KEEP if keep is None else keep), 0)]
            else:
                going = [one for one in whole if one.last < before]
            return [self._archive_one(one) for one in going]

    def copy(self) -> list[Archived]:
        """Write every position that is not in the archive yet, and let none go."""
        with self._alone():
            self._finish()
            volumes = archived.volumes(self._connection)
            whole: list[Volume | Partition] = [*volumes, *self._whole()]
            done = [self._copied(self._range(one)) for one in whole]
            self._archive.mkdir(parents=True, exist_ok=True, mode=0o700)  # a young record is a tail
            folders = reading.folders(self._archive)
            reached = max(
                (one.manifest.last for one in folders if one.path.name.startswith(EVENTS)),
                default=0,
            )
            last = head(self._connection)
            if last > reached:
                chosen = Range(TAIL, reached + 1, last, self._partition_rows())
                self._write(chosen)
                done.append(self._said(chosen, detached=False))
                self._drop_tails(but=chosen.name)
            return done

    def _archive_one(self, one: Partition) -> Archived:
        chosen = self._range(one)
        manifest = self._complete(chosen)
        volume = self._volume(chosen)
        partitions.announce(self._connection, volume, bytes.fromhex(manifest.root))
        self._let_go(volume)
        return self._said(chosen, detached=True)

    def _copied(self, chosen: Range) -> Archived:
        if not (self._archive / chosen.name).exists():
            self._write(chosen)
        return self._said(chosen, detached=False)

    def _finish(self) -> None:
        """Let go what an earlier run announced and was stopped before it could let it go."""
        for leftover in self._archive.glob(f"*{PARTIAL}"):
            shutil.rmtree(leftover)
        here = partitions.partitions(self._connection)
        for volume in archived.volumes(self._connection):
            attached = any(volume.first <= one.first <= volume.last for one in here)
            if attached:
                folder = self._below / volume.folder
                manifest = manifests.read(folder, volume.manifest)
                self._check(reading.Folder(folder, manifest))
            self._let_go(volume, wait=attached)

    def _let_go(self, volume: Volume, *, wait: bool = True) -> None:
        if wait:
            partitions.await_lease(self._connection, self._lease)
            partitions.await_older_sessions(self._connection, self._patience)
        partitions.let_go(self._connection, volume, self._say, self._patience)

    def _whole(self) -> list[Partition]:
        """Return the partitions to which nothing will be added and that the log has sealed.

        The head is beyond them: a command without events keeps the position of the head.
        """
        reached = archived.reach(self._connection)
        last = head(self._connection)
        sealed = 0 if self._sealed is None else self._sealed.checkpoint.size
        here = [one for one in partitions.partitions(self._connection) if one.first > reached]
        whole = [one for one in here if one.last < last]
        if whole and sealed < whole[0].last:
            self._say(
                f"the log is sealed up to position {sealed}: partitions are archived when they "
                "are sealed whole (is the process “sealer” running?)"
            )
        return [one for one in whole if one.last <= sealed]

    def _complete(self, chosen: Range) -> Manifest:
        """Have the folder complete and read back: as it is, if it was written before."""
        path = self._archive / chosen.name
        if not path.exists():
            return self._write(chosen)
        manifest = manifests.read(path)
        self._say(f"{path} is there already; reading it back")
        self._check(reading.Folder(path, manifest))
        return manifest

    def _write(self, chosen: Range) -> Manifest:
        path = self._archive / chosen.name
        if path.exists():  # a tail of the same length
            shutil.rmtree(path)
        manifest = writing.write(
            self._connection, self._archive, chosen, self._sealed, self._progress
        )
        self._check(reading.Folder(path, manifests.read(path)))
        return manifest

    def _check(self, folder: reading.Folder) -> None:
        """Read a folder back: every leaf, and its root against the sealed log."""
        before = folder.manifest.first - 1
        if before and (self._sealed is None or self._sealed.checkpoint.size < before):
            raise ArchiveProblem(
                f"{folder.path} cannot be checked: the sealed log does not reach position {before}"
            )
        read = None if self._sealed is None else self._sealed.read
        frontier = Frontier() if before == 0 or read is None else Frontier.at(before, read)
        reading.check(folder, frontier)
        last = folder.manifest.last
        if self._sealed is not None and self._sealed.checkpoint.size >= last and read is not None:
            sealed = Frontier.at(last, read).root().hex()
            if sealed != folder.manifest.root:
                raise ArchiveProblem(
                    f"{folder.path} is not what was sealed up to position {last}; run `hub verify`"
                )

    def _range(self, one: Partition | Volume) -> Range:
        return Range(EVENTS, one.first, one.last, self._partition_rows())

    def _partition_rows(self) -> int:
        row = self._connection.execute("SELECT partition_rows FROM record.log_head").fetchone()
        assert row is not None
        return int(row[0])

    def _volume(self, chosen: Range) -> Volume:
        """Return what readers are told: a name where they look, else the whole path."""
        path = self._archive / chosen.name
        folder = chosen.name if self._archive == self._below else str(path)
        return Volume(chosen.first, chosen.last, folder, manifests.digest(path))

    def _said(self, chosen: Range, *, detached: bool) -> Archived:
        path = self._archive / chosen.name
        return Archived(
            first=chosen.first,
            last=chosen.last,
            folder=str(path),
            bytes=sum(file.stat().st_size for file in path.iterdir()),
            detached=detached,
        )

    def _drop_tails(self, but: str) -> None:
        for path in self._archive.glob(f"{TAIL}-*"):
            if path.name != but:
                shutil.rmtree(path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        held = "SELECT pg_try_advisory_lock(%s)"
        row = self._connection.execute(held, (partitions.LOCK,)).fetchone()
        if row is None or not row[0]:
            raise ArchiveProblem("another `hub archive` works on this record; wait for its end")
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.execute("SELECT pg_advisory_unlock(%s)", (partitions.LOCK,))
