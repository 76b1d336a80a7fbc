"""The answers that commands got: they stand together from 1, and their events name the command.

The ranges say where the cause of events changes; the answers come in the order of their events.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson
import psycopg

from adapters.verify.finding import Kind, Wrong
from adapters.verify.source import Row

_MARK = b'"causation_id":"'
_OPENING_BYTES = 500
"""What caused an event stands behind its time, basis and actor: among its first bytes."""
_FETCHED = 5_000
_DESCRIBED_MAX = 5
_BEYOND = 1 << 63
_ANSWERS = """
    SELECT command_id, first, count, (extract(epoch FROM recorded_at) * 1000000)::bigint
      FROM record.commands
     WHERE count > 0
     ORDER BY first, count
"""
_EVENT = "SELECT stream_id, topic FROM record.events WHERE position = %s"


class Run(NamedTuple):
    """Events with one cause from here on: the command id as JSON, empty where none is named."""

    position: int
    at: int
    cause: bytes


def runs_of(rows: Sequence[Row], found: list[Run]) -> None:
    """Continue the runs of causes with these rows."""
    last = found[-1].cause if found else None
    for row in rows:
        state = row[7] or b""
        begin = state.find(_MARK, 0, _OPENING_BYTES)
        if begin < 0:
            cause = b""
        else:
            begin += len(_MARK) - 1
            cause = state[begin : state.find(b'"', begin + 1) + 1]
            if b"\\" in cause:
                cause = _escaped(state)
        if cause != last:
            found.append(Run(row[0], row[1], cause))
            last = cause


def _escaped(state: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(state)["causation_id"])
    except (ValueError, KeyError, TypeError):
        return b"?"


class Answers:
    """Reads record.commands beside the ranges and compares."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Ask on a snapshot; nothing is read yet."""
        self._connection = connection
        self._left = self._read()
        self._next = next(self._left, None)
        self._run = Run(0, 0, b"")
        self._due = 1
        self.wrong: list[Wrong] = []

    def take(self, upto: int, runs: Sequence[Run]) -> None:
        """Compare the answers whose events begin up to a position."""
        nth = 0
        while self._next is not None and self._next[1] <= upto:
            command_id, first, count, at = self._next
            while nth < len(runs) and runs[nth].position <= first:
                self._run = runs[nth]
                nth += 1
            self._compare(command_id, first, count, at)
            self._due = first + count
            self._next = next(self._left, None)
        if runs:
            self._run = runs[-1]

    def finish(self, last: int) -> None:
        """Look at answers without events, and where the answers end and where the events do."""
        self._run = Run(0, 0, b"")
        self.take(_BEYOND, ())
        if not self.wrong and self._due - 1 != last:
            answered = self._due - 1
            self.wrong.append(
                Wrong(
                    kind=Kind.COMMAND,
                    position=min(answered, last) + 1,
                    until=max(answered, last),
                    sentence=f"the answers in record.commands end at {answered}, the events at "
                    f"{last}",
                    proves="answers were removed, or events came in without a command",
                )
            )

    def _compare(self, command_id: str, first: int, count: int, at: int) -> None:
        run = self._run
        # Without a cause an event says nothing; an earlier run's events were caused by another.
        fits = not run.cause or run == (first, at, orjson.dumps(command_id))
        if (fits and first == self._due) or len(self.wrong) >= _DESCRIBED_MAX:
            return
        what = f"where {self._due} comes next"
        if first == self._due:
            what = "whose events name another cause or time"
        row = self._connection.execute(_EVENT, (first,)).fetchone()
        stream_id, topic = row or ("", "")
        self.wrong.append(
            Wrong(
                kind=Kind.COMMAND,
                position=min(first, self._due),
                sentence=f"record.commands answers {command_id} with positions {first} to "
                f"{first + count - 1}, {what}",
                proves="an answer was changed, removed or added",
                stream_id=str(stream_id),
                topic=str(topic),
            )
        )

    def _read(self) -> Iterator[tuple[Any, ...]]:
        with self._connection.cursor("answers", binary=True) as cursor:
            cursor.execute(_ANSWERS)
            while answers := cursor.fetchmany(_FETCHED):
                yield from answers
