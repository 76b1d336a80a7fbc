"""Proofs and receipts from the log's files, each checked before it leaves the house.

Older trees are read from the newest tiles: a subtree that was complete then is complete now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from adapters.seal.store import KEY, LogFiles, NothingSealed
from hub.errors import Conflict, Invalid, NotFound
from hub.record import Recorded, leaf_hash, rfc3339
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError, check_inclusion
from hub.seal.note import NoteError, VerifierKey
from hub.seal.proof import Receipt, render
from hub.seal.tiles import BadTile, Tiles


class Inclusion(NamedTuple):
    """That the event at a position stands in the tree of `size` events: its leaf and the path."""

    position: int
    size: int
    leaf: bytes
    hashes: list[bytes]
    root: bytes


class Consistency(NamedTuple):
    """That the tree of `new` events begins with the tree of `old` events."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    hashes: list[bytes]


def head_of(note: bytes) -> Checkpoint:
    """Return what a signed checkpoint says; raises NoteError."""
    return Checkpoint.parse(notes.parse(note).text)


def inclusion(files: LogFiles, position: int, size: int | None = None) -> Inclusion:
    """Prove that a position stands in the log as it is, or as it was with `size` events.

    Raises Conflict for what is not sealed yet, Invalid for a position behind the size asked for.
    """
    with _readable():
        head, tiles = _latest(files)
        wanted = head.size if size is None else size
        _check_sealed(wanted, head.size)
        _check_sealed(position, head.size)
        if position > wanted:
            raise Invalid(
                f"a log of {wanted} events has no position {position}; ask for a larger size",
                f"规模为{wanted}的日志没有位置{position}，请指定更大的规模",
                where="size",
            )
        path = merkle.inclusion(position - 1, wanted, tiles, files.digest)
        root = merkle.root(wanted, tiles, files.digest)
        return Inclusion(position, wanted, tiles.leaf(position - 1), path, root)


def consistency(files: LogFiles, old: int, new: int | None = None) -> Consistency:
    """Prove that the log grew from `old` to `new` events (now, unless said) without a change.

    Raises Conflict for a size that is not sealed yet, Invalid when `old` is the larger.
    """
    with _readable():
        head, tiles = _latest(files)
        wanted = head.size if new is None else new
        _check_sealed(max(old, wanted), head.size)
        if old > wanted:
            raise Invalid(
                f"old is {old} and new is {wanted}: the older size is the smaller one",
                f"旧规模{old}大于新规模{wanted}，旧规模应较小",
                where="old",
            )
        path = merkle.consistency(old, wanted, tiles, files.digest)
        before, after = (merkle.root(each, tiles, files.digest) for each in (old, wanted))
        return Consistency(old, wanted, before, after, path)


def receipt(files: LogFiles, event: Recorded, note: bytes | None = None) -> bytes:
    """Return the `.tlog-proof` of an event under a checkpoint (the last one, unless given).

    The leaf is computed from the event as it stands in the record now, so no receipt is ever
    given for an event that is not the sealed one. Raises Conflict, also for what is not sealed yet.
    """
    with _readable():
        signed = files.checkpoint() if note is None else note
        latest, tiles = _latest(files)
        assert signed is not None, "the log had a checkpoint a moment ago"
        head = head_of(signed)
        _check_sealed(event.position, head.size)
        path = merkle.inclusion(event.position - 1, head.size, tiles, files.digest)
        leaf = leaf_hash(event, rfc3339(event.recorded_at))
        try:
            check_inclusion(leaf, event.position - 1, head.size, path, head.root, files.digest)
        except ProofError as error:
            raise _altered(event.position, latest) from error
        return render(Receipt(event.position - 1, tuple(path), signed))


def key_of(files: LogFiles) -> VerifierKey:
    """Return the log's public key, as the sealer published it; raises NotFound before it did."""
    try:
        return VerifierKey.parse((files.folder / KEY).read_text(encoding="utf-8"))
    except (OSError, NoteError, UnicodeDecodeError) as error:
        raise NotFound(
            "the log's public key is not published; the process “sealer” does so when it starts",
            "日志公钥尚未发布；存证进程启动时发布",
        ) from error


def not_sealed(position: int, size: int) -> Conflict:
    """Return the refusal for a position the log does not cover yet."""
    return Conflict(
        f"position {position} is not sealed: the log ends at {size}. It grows every second while"
        " the process “sealer” runs; ask again in a moment, or look at /log for what holds it up",
        f"位置{position}尚未封存：日志现至位置{size}。存证进程运行时每秒更新，请稍后再试，或在/log查看原因",
        where="position",
    )


def _check_sealed(position: int, size: int) -> None:
    if position > size:
        raise not_sealed(position, size)


def _latest(files: LogFiles) -> tuple[Checkpoint, Tiles]:
    try:
        return files.latest()
    except NothingSealed as error:
        raise NotFound(
            "nothing is sealed yet; the first checkpoint comes with the first event while the"
            " process “sealer” runs",
            "尚无封存记录；存证进程运行后，首个事件即生成首个检查点",
        ) from error


def _altered(position: int, head: Checkpoint) -> Conflict:
    return Conflict(
        f"the event at position {position} is not the one that was sealed ({head.origin},"
        f" {head.size} events): record and log disagree. Tell the operator to run `hub verify`",
        f"位置{position}的事件与封存内容不一致（{head.origin}，共{head.size}条），"
        "请运维人员运行hub verify核查",
        where="position",
    )


@contextmanager
def _readable() -> Iterator[None]:
    """Say of a log whose files are missing or damaged that they are."""
    try:
        yield
    except (OSError, BadTile, NoteError, ProofError) as error:
        # Where the files lie is nobody's business outside.
        reason = "a file is missing or unreadable" if isinstance(error, OSError) else str(error)
        raise Conflict(
            f"the files of the log are damaged: {reason}. Tell the operator to run `hub verify`",
            f"日志文件已损坏：{reason}。请运维人员运行hub verify核查",
        ) from error
