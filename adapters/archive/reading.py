"""Reading folders of the archive whole: every byte against its hash, every leaf, every root."""

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import polars as pl

from adapters.archive.lookup import Gathering
from adapters.archive.manifest import EVENTS as WHOLE
from adapters.archive.manifest import TAIL, Events, File, Manifest, read
from adapters.archive.rows import COMMANDS, EVENTS, Command, first_damaged, opened, rows_of
from adapters.archive.writing import subtrees
from hub.record import Recorded
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import Frontier, ProofError, check_consistency
from projections.archived import ArchiveProblem


class Folder(msgspec.Struct, frozen=True):
    """A folder of the archive and its manifest."""

    path: Path
    manifest: Manifest


def folders(archive: Path) -> list[Folder]:
    """Return the folders that together hold the most positions from 1 on, without a gap.

    Raises ArchiveProblem for a folder that is not there, and for a gap with its positions.
    """
    if not archive.is_dir():
        raise ArchiveProblem(f"{archive} is not a folder of an archive")
    chosen: list[Folder] = []
    for one in _of_kind(archive, WHOLE):
        _refuse_gap(archive, chosen, one)
        if one.manifest.first == _next(chosen):
            chosen.append(one)
    longest = max(
        _of_kind(archive, TAIL),
        key=lambda one: (one.manifest.last, -one.manifest.first),
        default=None,
    )
    if longest is not None and longest.manifest.last >= _next(chosen):
        _refuse_gap(archive, chosen, longest)
        chosen.append(longest)
    return chosen


def _refuse_gap(archive: Path, chosen: list[Folder], one: Folder) -> None:
    if one.manifest.first > _next(chosen):
        raise ArchiveProblem(
            f"the archive {archive} lacks the positions {_next(chosen)} to "
            f"{one.manifest.first - 1}; bring their folder back from its copy"
        )


def _of_kind(archive: Path, kind: str) -> list[Folder]:
    found = [path for path in archive.glob(f"{kind}-*-*") if path.suffix == ""]
    return [Folder(path, read(path)) for path in sorted(found)]


def _next(chosen: list[Folder]) -> int:
    return chosen[-1].manifest.last + 1 if chosen else 1


class Audit:
    """Reads folders one after another and keeps the tree over what was read.

    The first folder may begin anywhere when the tree before it is known.
    """

    def __init__(self, frontier: Frontier | None = None) -> None:
        """Begin with an empty tree, or with the tree before the first folder."""
        self.frontier = frontier or Frontier()

    def events(self, folder: Folder) -> Iterator[list[Recorded]]:
        """Yield the events of a folder, file by file, each checked; at the end also its root.

        Raises ArchiveProblem that names file and positions. Of a tail that begins before what was
        read so far, only what comes behind is taken into the tree and yielded.
        """
        manifest = folder.manifest
        for part in manifest.events:
            events = self._part(folder, part)
            fresh = [event for event in events if event.position > self.frontier.size]
            if fresh and fresh[0].position != self.frontier.size + 1:
                raise ArchiveProblem(f"{folder.path} does not follow position {self.frontier.size}")
            self._grow(folder, fresh)
            yield fresh
        if self.frontier.root().hex() != manifest.root:
            raise ArchiveProblem(
                f"the events of {folder.path} do not give the root its manifest names: "
                "they or those before were changed"
            )
        self._check_continued(folder)

    def _part(self, folder: Folder, part: Events) -> list[Recorded]:
        path = folder.path / part.file.name
        where = f"{path} (positions {part.first} to {part.last})"
        frame = _frame(path, part.file, where)
        events = rows_of(_with(frame, EVENTS, where), Recorded, EVENTS, where)
        if [event.position for event in events] != list(range(part.first, part.last + 1)):
            raise ArchiveProblem(f"{where} does not hold these positions")
        damaged = first_damaged(events)
        if damaged is not None:
            raise ArchiveProblem(f"{where}: position {damaged} is not what its leaf says")
        found = subtrees(part.first - 1, [event.leaf for event in events])
        named = [(one.level, one.index, bytes.fromhex(one.hash)) for one in part.subtrees]
        if list(found) != named:
            raise ArchiveProblem(f"{where} does not give the subtrees its manifest names")
        return events

    def _grow(self, folder: Folder, events: list[Recorded]) -> None:
        """Add leaves to the tree, and compare it where the folder's checkpoint ends inside."""
        checkpoint = checkpoint_of(folder)
        leaves = [event.leaf for event in events]
        start = self.frontier.size
        inside = 0
        if checkpoint is not None and start < checkpoint.size <= start + len(leaves):
            inside = checkpoint.size - start
            self._add(leaves[:inside])
            self._compare(folder, checkpoint)
        self._add(leaves[inside:])

    def _add(self, leaves: list[bytes]) -> None:
        for level, _, found in subtrees(self.frontier.size, leaves):
            self.frontier.add_subtree(level, found)

    def _check_continued(self, folder: Folder) -> None:
        checkpoint = checkpoint_of(folder)
        last = folder.manifest.last
        if checkpoint is None or checkpoint.size <= last:
            return
        proof = [bytes.fromhex(each) for each in folder.manifest.consistency]
        try:
            check_consistency(last, self.frontier.root(), checkpoint.size, checkpoint.root, proof)
        except ProofError as error:
            raise ArchiveProblem(
                f"{folder.path}: its events are not those of its checkpoint ({error})"
            ) from error

    def _compare(self, folder: Folder, checkpoint: Checkpoint) -> None:
        if self.frontier.root() != checkpoint.root:
            raise ArchiveProblem(
                f"{folder.path}: the events up to position {checkpoint.size} are not those of its "
                "checkpoint"
            )


def checkpoint_of(folder: Folder) -> Checkpoint | None:
    """Return the checkpoint a folder was written under, None in a hub without a sealer."""
    text = folder.manifest.checkpoint
    if text is None:
        return None
    try:
        return Checkpoint.parse(notes.parse(text.encode()).text)
    except notes.NoteError as error:
        raise ArchiveProblem(f"{folder.path}: its checkpoint is damaged ({error})") from error


def commands(folder: Folder) -> Iterator[list[Command]]:
    """Yield the answers of a folder, file by file; raises ArchiveProblem that names the file."""
    for file in folder.manifest.commands:
        path = folder.path / file.name
        frame = _frame(path, file, str(path))
        yield rows_of(_with(frame, COMMANDS, str(path)), Command, COMMANDS, str(path))


def check(folder: Folder, frontier: Frontier) -> int:
    """Read a folder back whole, the tree before it given; return its number of commands.

    Raises ArchiveProblem that names the first file that is not what it must be.
    """
    gathering = Gathering(folder.manifest.first)
    for events in Audit(frontier).events(folder):
        gathering.add((event.stream_id, event.position) for event in events)
    index = folder.path / folder.manifest.index.name
    if _bytes(index, folder.manifest.index, str(index)) != gathering.table():
        raise ArchiveProblem(f"{index} does not name every event of its streams")
    return sum(len(some) for some in commands(folder))


def _frame(path: Path, file: File, where: str) -> pl.DataFrame:
    data = _bytes(path, file, where)
    return opened(where, lambda: pl.read_parquet(BytesIO(data)))


def _bytes(path: Path, file: File, where: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArchiveProblem(f"the archive lacks {where}: {error.strerror}") from error
    if len(data) != file.bytes or sha256(data).hexdigest() != file.sha256:
        raise ArchiveProblem(f"{where} is damaged: its SHA-256 is not the manifest's")
    return data


def _with(frame: pl.DataFrame, columns: dict[str, pl.DataType], where: str) -> pl.DataFrame:
    if dict(frame.schema) != columns:
        raise ArchiveProblem(f"{where} does not have the columns {', '.join(columns)}")
    return frame
