"""One range of positions: each row against its leaf, each leaf against every tile that holds it.

Runs in a process of its own; what it finds travels back as plain values.
"""

from typing import NamedTuple

from adapters.verify.answers import Run, runs_of
from adapters.verify.folder import Folder, edges, subtree
from adapters.verify.leaf import NO_LEAF, Leaves
from adapters.verify.source import Row, Source, tiles_of_rows
from hub.seal.merkle import HASH_BYTES
from hub.seal.tiles import WIDTH, width_at

DIFFERENCES_MAX = 20
"""Differences a range describes; more are only counted."""
_TILE_BYTES = WIDTH * HASH_BYTES


class Task(NamedTuple):
    """A range: after < position ≤ upto, where both are ends of tiles or `upto` the last of all.

    Rows are expected up to `head`. `folders` are the log and its mirrors; `sizes` are those of
    the checkpoints whose tree ends inside the range.
    """

    after: int
    upto: int
    head: int
    sources: tuple[Source, ...]
    folders: tuple[Folder, ...]
    sizes: tuple[int, ...]


class Difference(NamedTuple):
    """What does not fit at one position, or at those up to `until`.

    `computed` is the leaf of the row as it stands (None: there is no row), `stored` the leaf kept
    with it, `held` the leaf in each folder (None: it holds none for this position).
    """

    position: int
    until: int
    computed: bytes | None
    stored: bytes | None
    held: tuple[bytes | None, ...]
    twice: bool = False
    stream_id: str = ""
    topic: str = ""


class Checked(NamedTuple):
    """What a range holds: per whole tile its hash in the record and in each folder (None: gone).

    `edges` has the same for the tile in which a tree of that size ends, over its first leaves.
    `counts` are the events read and the positions at which something is wrong; `runs` say where
    the cause of events changes.
    """

    tiles: list[tuple[bytes | None, ...]]
    edges: dict[int, tuple[bytes | None, ...]]
    differences: list[Difference]
    counts: dict[str, int]
    runs: list[Run]


def check(task: Task) -> Checked:
    """Hash a range again and compare."""
    leaves = Leaves()
    checked = Checked([], {}, [], {"events": 0, "wrong": 0}, [])
    next_number = task.after // WIDTH
    for number, rows in tiles_of_rows(task.sources, task.after, min(task.upto, task.head)):
        tile = _Tile(task, number, rows, leaves)
        found = tile.differences()
        checked.counts["wrong"] += len(found)
        checked.counts["events"] += len(rows)
        _merge(checked.differences, found)
        runs_of(rows, checked.runs)
        _close(checked, task, tile)
        next_number = number + 1
    # Behind the head there are no rows, but tiles of events that were there once.
    for number in range(next_number, -(-task.upto // WIDTH)):
        _close(checked, task, _Tile(task, number, [], leaves))
    return checked


class _Tile:
    """The rows of one tile beside what the folders hold of it."""

    def __init__(self, task: Task, number: int, rows: list[Row], leaves: Leaves) -> None:
        self.number, self._rows, self._folders = number, rows, task.folders
        self.held = [folder.tile(0, number) for folder in task.folders]
        self._first = number * WIDTH + 1
        self._last = min(self._first + WIDTH - 1, task.upto, task.head)
        self._leaves = leaves.of(rows)
        self._dense = [row[0] for row in rows] == list(range(self._first, self._last + 1))
        # Behind a gap there is no tree: nobody can say what the leaf of a missing row was.
        self.computed = b"".join(self._leaves) if self._dense else b""

    def differences(self) -> list[Difference]:
        """Return what does not fit, position by position."""
        if self._dense and self._all_fits():
            return []
        at_position: dict[int, list[tuple[Row, bytes]]] = {}
        for row, leaf in zip(self._rows, self._leaves, strict=True):
            at_position.setdefault(row[0], []).append((row, leaf))
        found: list[Difference] = []
        for position in range(self._first, self._last + 1):
            there = at_position.get(position, [])
            one = self._difference(position, there)
            if one is not None:
                found.append(one)
        return found

    def _all_fits(self) -> bool:
        if [row[4] for row in self._rows] != self._leaves or NO_LEAF in self._leaves:
            return False
        for held, folder in zip(self.held, self._folders, strict=True):
            both = HASH_BYTES * min(
                width_at(0, self.number, folder.size), self._last - self._first + 1
            )
            if held[:both] != self.computed[:both]:
                return False
        return True

    def _difference(self, position: int, there: list[tuple[Row, bytes]]) -> Difference | None:
        at = (position - self._first) * HASH_BYTES
        held = tuple(
            None if position > folder.size else tile[at : at + HASH_BYTES]
            for tile, folder in zip(self.held, self._folders, strict=True)
        )
        if not there:
            return Difference(position, position, None, None, held)
        row, computed = there[0]
        twice = len(there) > 1
        stored_fits = computed == row[4] != NO_LEAF
        if stored_fits and not twice and all(one in {None, computed} for one in held):
            return None
        stream_id, topic = (str(one or b"", "utf-8", "replace") for one in row[5:7])
        return Difference(position, position, computed, row[4], held, twice, stream_id, topic)


def _merge(differences: list[Difference], found: list[Difference]) -> None:
    """Add differences; neighbouring positions without a row become one."""
    for one in found:
        before = differences[-1] if differences else None
        if (
            before is not None
            and (before.computed, one.computed) == (None, None)
            and before.until + 1 == one.position
        ):
            differences[-1] = before._replace(until=one.until)
        elif len(differences) < DIFFERENCES_MAX:
            differences.append(one)


def _close(checked: Checked, task: Task, tile: _Tile) -> None:
    """Hash a tile up, in the record and in each folder; tiles with the same leaves only once."""
    begins, ends = tile.number * WIDTH, (tile.number + 1) * WIDTH
    trees = (tile.computed, *tile.held)
    if ends <= task.upto:
        hashed = {one: subtree(one) if len(one) == _TILE_BYTES else None for one in set(trees)}
        checked.tiles.append(tuple(hashed[one] for one in trees))
    sizes = [size for size in task.sizes if begins < size < ends]
    if sizes:
        roots = {one: edges(one, [size - begins for size in sizes]) for one in set(trees)}
        for nth, size in enumerate(sizes):
            checked.edges[size] = tuple(roots[one][nth] for one in trees)
