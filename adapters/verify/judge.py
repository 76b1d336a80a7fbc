"""What the differences prove, in sentences.

The record, the log's tiles and every mirror's are trees; each checkpoint says the root of one
size. Where two trees differ at a position, the one that leads to a checkpoint beyond it is right.
"""

from collections.abc import Sequence
from typing import NamedTuple

from adapters.verify.chunk import Difference
from adapters.verify.finding import Kind, Wrong
from adapters.verify.folder import Folder
from adapters.verify.known import Known
from adapters.verify.leaf import NO_LEAF
from adapters.verify.tree import BadUpperTile, Roots

RECORD, LOG_TREE, MIRRORS = 0, 1, 2
_MISSING_IN_TILE = b""


class Evidence(NamedTuple):
    """All that was found: the record's end, the trees' roots, checkpoints by size, differences."""

    head: int
    folders: tuple[Folder, ...]
    roots: Roots
    known: Sequence[Known]
    differences: Sequence[Difference]
    upper: Sequence[BadUpperTile]

    def vouched(self, tree: int, position: int) -> Known | None:
        """Return a checkpoint over this position that has a tree's root; the weightiest."""
        found = [one for one in self.known if one.head.size >= position and self.agrees(tree, one)]
        return max(found, key=_weight, default=None)

    def agrees(self, tree: int, known: Known) -> bool:
        """Say whether a tree has the root that a checkpoint says."""
        root = self.roots.get(known.head.size)
        return root is not None and root[tree] == known.head.root


def judge(evidence: Evidence) -> list[Wrong]:
    """Return everything that is wrong, the first position first."""
    exact = [_of(evidence, one) for one in evidence.differences]
    upper = [_upper(one, exact) for one in evidence.upper]
    found = exact + upper + _rolled_back(evidence) + _checkpoints(evidence, exact, upper)
    return sorted(found, key=lambda one: one.order)


def _of(evidence: Evidence, one: Difference) -> Wrong:
    words = _words(evidence, one)
    return Wrong(
        kind=words.kind,
        position=one.position,
        until=one.until if one.until != one.position else None,
        sentence=words.sentence,
        proves=words.proves,
        stream_id=one.stream_id,
        topic=one.topic,
    )


class Words(NamedTuple):
    """What is wrong at a position, in a sentence, and what it proves."""

    kind: Kind
    sentence: str
    proves: str


_UNSEALED = "it was not sealed yet, so only the row's own leaf is witness to it"
_DELETED = "the log holds a leaf there: rows were deleted, or given another position"


def _words(evidence: Evidence, one: Difference) -> Words:
    log = one.held[0]
    if one.computed is None:
        many = one.until > one.position
        where = f"positions {one.position} to {one.until} are" if many else "the position is"
        proves = _DELETED if log else _UNSEALED
        return Words(Kind.MISSING, f"{where} missing in the record", proves)
    if one.twice:
        proves = "a row was added or given another position"
        return Words(Kind.TWICE, "the position stands twice in the record", proves)
    if one.computed != one.stored or one.computed == NO_LEAF:
        return _row_and_leaf(one, log)
    if log is not None and log != one.computed:
        return _log_differs(evidence, one, log)
    return _mirror_differs(evidence, one)


def _row_and_leaf(one: Difference, log: bytes | None) -> Words:
    if log is not None and log == one.computed:
        sentence = "the leaf kept with the row is not the row's"
        proves = "the column leaf was changed; the row is as it was sealed"
        return Words(Kind.LEAF, sentence, proves)
    sentence = "the row differs from its leaf"
    if log is None:
        return Words(Kind.ROW, sentence, f"a column was changed; {_UNSEALED}")
    if log == one.stored:
        proves = "a column was changed after the row was sealed: its leaf is still the log's"
        return Words(Kind.ROW, sentence, proves)
    proves = "the row and its leaf were changed, or the tile was too"
    return Words(Kind.ROW, f"{sentence}, and both from the log's tile", proves)


def _log_differs(evidence: Evidence, one: Difference, log: bytes) -> Words:
    sentence = "the leaf differs from the log's tile"
    if (right := evidence.vouched(RECORD, one.position)) is not None:
        what = "is missing" if log == _MISSING_IN_TILE else "was damaged or exchanged"
        proves = f"the tile {what}: the record leads to {_named(right)}"
        return Words(Kind.TILE, sentence, proves)
    if log == _MISSING_IN_TILE:
        proves = "nothing in the log speaks for the event any more"
        return Words(Kind.TILE, "the log's tile is missing or too short", proves)
    if (right := evidence.vouched(LOG_TREE, one.position)) is not None:
        proves = (
            "the row and its leaf were changed together, or rows were exchanged: the log's tiles "
            f"lead to {_named(right)}"
        )
    else:
        proves = "the row and its leaf were changed, or the tile; no checkpoint fits either"
    return Words(Kind.TOGETHER, sentence, proves)


def _mirror_differs(evidence: Evidence, one: Difference) -> Words:
    nth = next(
        at for at, held in enumerate(one.held[1:]) if held is not None and held != one.computed
    )
    sentence = f"record and log differ from the mirror {evidence.folders[nth + 1].name}"
    theirs = evidence.vouched(MIRRORS + nth, one.position)
    ours = evidence.vouched(RECORD, one.position)
    if theirs is not None and (ours is None or _weight(theirs) >= _weight(ours)):
        also = "" if ours is None else f", and the log also signed {_named(ours)}"
        proves = (
            f"the mirror leads to {_named(theirs)}{also}: record and log were rewritten here and "
            "signed again with the log's key"
        )
        return Words(Kind.RESIGNED, sentence, proves)
    if ours is not None:
        proves = f"the mirror is damaged: the record leads to {_named(ours)}"
    else:
        proves = "no checkpoint says which of them is right"
    return Words(Kind.MIRROR, sentence, proves)


def _upper(one: BadUpperTile, exact: Sequence[Wrong]) -> Wrong:
    best = _first_within(exact, one.position, one.until)
    return Wrong(
        kind=Kind.UPPER_TILE,
        position=one.position if best is None else best.position,
        until=one.until if best is None else best.until,
        sentence=f"{one.address} in {one.folder} does not hold the hash of the tiles under it, "
        f"which are over positions {one.position} to {one.until}",
        proves="that tile was damaged, or the tiles under it were rewritten and it was not",
    )


def _first_within(found: Sequence[Wrong], first: int, last: int) -> Wrong | None:
    """Return what is wrong first in a range that is known only as a whole."""
    within = [one for one in found if one.position and first <= one.position <= last]
    return min(within, key=lambda one: one.order, default=None)


def _rolled_back(evidence: Evidence) -> list[Wrong]:
    beyond = [one for one in evidence.known if one.head.size > evidence.head]
    if not beyond:
        return []
    most = max(beyond, key=lambda one: (one.head.size, _weight(one)))
    return [
        Wrong(
            kind=Kind.ROLLED_BACK,
            position=evidence.head + 1,
            until=most.head.size,
            sentence=f"the record ends at {evidence.head}, but {most.head.size} events were signed "
            f"({most.where}): positions {evidence.head + 1} to {most.head.size} are missing",
            proves="the record was rolled back: an older backup was restored or its end cut off",
        )
    ]


def _checkpoints(evidence: Evidence, exact: Sequence[Wrong], upper: Sequence[Wrong]) -> list[Wrong]:
    """Return the checkpoints that contradict the record where the log's tiles do not explain it.

    Of each place the smallest one: after it everything differs.
    """
    first: dict[str, Known] = {}
    for one in sorted(evidence.known, key=lambda one: one.head.size):
        explained = evidence.agrees(LOG_TREE, one) or evidence.agrees(RECORD, one)
        if one.head.size <= evidence.head and not explained:
            first.setdefault(one.where, one)
    return [_contradicts(evidence, one, exact, upper) for one in first.values()]


def _contradicts(
    evidence: Evidence, one: Known, exact: Sequence[Wrong], upper: Sequence[Wrong]
) -> Wrong:
    size = one.head.size
    sizes = [k.head.size for k in evidence.known if evidence.agrees(RECORD, k)]
    after = max((each for each in sizes if each < size), default=0)
    best = _first_within(exact, after + 1, size) or _first_within(upper, after + 1, size)
    position, until = (after + 1, size) if best is None else (best.position, best.until)
    others = [k for k in evidence.known if k.head.size >= size and evidence.agrees(RECORD, k)]
    signed = max(others, key=_weight, default=None)
    if signed is None:
        proves = "the rows, their leaves and the tiles were rewritten together"
    else:
        proves = (
            f"the log itself was re-signed: it signed this checkpoint and also {_named(signed)}, "
            "and both cannot be true"
        )
    where = "" if best is not None else f"; the change lies within positions {position} to {until}"
    return Wrong(
        kind=Kind.CHECKPOINT,
        position=position,
        until=until,
        sentence=f"the first {size} events do not have the root of {_named(one)}{where}",
        proves=proves,
        stream_id="" if best is None else best.stream_id,
        topic="" if best is None else best.topic,
    )


def _weight(known: Known) -> tuple[int, int, int]:
    """Return what a checkpoint weighs: witnesses, then coming from outside, then signed at all."""
    return (
        2 if known.witnessed else 1 if known.seen_by else 0,
        int(known.outside),
        0 if known.where == "guard" else 1,
    )


def _named(known: Known) -> str:
    by = f" witnessed by {', '.join(sorted(known.seen_by))}" if known.seen_by else ""
    return f"the checkpoint of {known.head.size} events in {known.where}{by}"
