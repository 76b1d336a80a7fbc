"""Which waiting writes go into one commit, what is sent for them, and who gets which answer."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from hub.errors import CommandReused
from hub.record import (
    NAME_CHARACTERS_MAX,
    STATE_BYTES_MAX,
    Appended,
    Unrecordable,
    VersionConflict,
    Write,
    leaf_hash,
    rfc3339,
)

WRITES_MAX = 256
"""Most commands in one commit: larger batches win nothing more and delay the first caller."""
EVENTS_MAX = 10_000
"""Most events in one commit, unless a single command brings more."""
WRITE_BYTES_MAX = 64 * 1024 * 1024
"""Most bytes of states in one command."""


class Promise(Protocol):
    """What a caller waits on: an asyncio future or a thread's future."""

    def done(self) -> bool:
        """Say whether it was answered or given up."""
        ...

    def set_result(self, result: Appended, /) -> None:
        """Answer."""
        ...

    def set_exception(self, exception: Exception, /) -> None:
        """Answer with a refusal."""
        ...


class Pending(msgspec.Struct, frozen=True):
    """A write and the caller who waits for its answer."""

    write: Write
    promise: Promise

    def answer(self, answer: Appended | Exception) -> None:
        """Tell the caller, unless he has gone."""
        if self.promise.done():
            return
        if isinstance(answer, Appended):
            self.promise.set_result(answer)
        else:
            self.promise.set_exception(answer)


class Verdict(msgspec.Struct, frozen=True):
    """One row of `record.append_batch`: the batch as a whole, or a write left out."""

    write: int
    outcome: str
    first: int
    count: int
    recorded_at: datetime
    fingerprint: bytes
    stream_id: str


def check(write: Write) -> None:
    """Raise Unrecordable for a write that PostgreSQL would refuse or that is no honest event."""
    if not _is_name(write.command_id):
        raise Unrecordable(_name_rule("the command id"))
    total = 0
    for event in write.events:
        if not (_is_name(event.stream_id) and _is_name(event.topic)):
            raise Unrecordable(_name_rule("a stream id or topic"))
        total += len(event.state)
        if len(event.state) > STATE_BYTES_MAX:
            raise Unrecordable(
                f"an event of {event.stream_id} has {len(event.state)} bytes, the most is"
                f" {STATE_BYTES_MAX}; put the data in the lake and record its hash"
            )
    if total > WRITE_BYTES_MAX:
        raise Unrecordable(
            f"the events of one command have {total} bytes, the most is {WRITE_BYTES_MAX};"
            " split the command"
        )


def _is_name(text: str) -> bool:
    # isprintable() is false for control characters and for lone surrogates, both unstorable.
    return 0 < len(text) <= NAME_CHARACTERS_MAX and text.isprintable()


def _name_rule(what: str) -> str:
    return f"{what} must have 1 to {NAME_CHARACTERS_MAX} printable characters"


def pick(waiting: deque[Pending]) -> list[Pending]:
    """Take from the queue what may share one commit; the rest keeps its place.

    Nothing a write in the batch changes may be read or written by another one in it, and no
    command id stands in it twice: such a write waits for the next batch.
    """
    batch: list[Pending] = []
    put_off: list[Pending] = []
    changed: set[str] = set()
    looked_at: set[str] = set()
    commands: set[str] = set()
    events = 0
    while waiting and len(batch) < WRITES_MAX and len(put_off) < WRITES_MAX:
        pending = waiting.popleft()
        write = pending.write
        writes = {event.stream_id for event in write.events}
        reads = {stream_id for stream_id, _ in write.reads}
        clash = (
            write.command_id in commands
            or not changed.isdisjoint(writes)
            or not changed.isdisjoint(reads)
            or not looked_at.isdisjoint(writes)
            or (batch and events + len(write.events) > EVENTS_MAX)
        )
        if clash:
            put_off.append(pending)
            continue
        batch.append(pending)
        commands.add(write.command_id)
        changed |= writes
        looked_at |= reads
        events += len(write.events)
    waiting.extendleft(reversed(put_off))
    return batch


def parameters(writes: Sequence[Write], at: datetime) -> list[Any]:
    """Return the arrays `record.append_batch` takes, leaves hashed with this time."""
    moment = rfc3339(at)
    event_rows = []
    for number, write in enumerate(writes, 1):
        command_id: str | None = write.command_id
        fingerprint: bytes | None = write.fingerprint
        for event in write.events:
            event_rows.append(
                (
                    number,
                    command_id,
                    fingerprint,
                    len(write.events),
                    event.stream_id,
                    event.version,
                    event.topic,
                    event.schema_version,
                    event.state,
                    leaf_hash(event, moment),
                )
            )
            command_id = fingerprint = None
    read_rows = [
        (number, stream_id, version)
        for number, write in enumerate(writes, 1)
        for stream_id, version in write.reads
    ]
    answer_rows = [
        (number, write.command_id, write.fingerprint)
        for number, write in enumerate(writes, 1)
        if not write.events
    ]
    return [at, *_columns(event_rows, 10), *_columns(read_rows, 3), *_columns(answer_rows, 3)]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def settle(batch: Sequence[Pending], verdicts: Iterable[Verdict]) -> None:
    """Give every caller of a sent batch his answer."""
    stored, *left_out = verdicts
    by_write: dict[int, Verdict] = {}
    for verdict in left_out:  # a repeated command also finds its streams moved: repeated wins
        if verdict.outcome == "repeated" or verdict.write not in by_write:
            by_write[verdict.write] = verdict
    position = stored.first
    for number, pending in enumerate(batch, 1):
        reason = by_write.get(number)
        if reason is not None:
            pending.answer(_left_out(pending.write, reason))
            continue
        count = len(pending.write.events)
        # Without events the answer is the head as the batch found it, and so it is kept.
        first = position if count else stored.first - 1
        pending.answer(Appended(first, count, stored.recorded_at))
        position += count


def _left_out(write: Write, verdict: Verdict) -> Appended | Exception:
    if verdict.outcome == "conflict":
        return VersionConflict(verdict.stream_id)
    if verdict.fingerprint != write.fingerprint:
        return CommandReused(
            f"the id {write.command_id} was used for another command; send this one under a new id",
            f"标识{write.command_id}已用于另一命令，请换用新的标识提交",
            where="Idempotency-Key",
        )
    return Appended(verdict.first, verdict.count, verdict.recorded_at, repeated=True)
