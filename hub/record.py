"""The record (卷宗): every event in one order, kept for good; what hub and store say to each other.

Pure: what is asked of the store, what it answers, how it refuses, and the hash by which anybody
can check later that nothing was changed. The store itself is `adapters/record`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

import msgspec
import orjson

STATE_BYTES_MAX = 65_536
"""Largest state of one event, in bytes: an event holds facts about data, never the data."""

NAME_CHARACTERS_MAX = 200
"""Longest stream id, topic or command id, in characters."""


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """One event to be stored: its stream, the version it becomes there (from 1), canonical JSON."""

    stream_id: str
    version: int
    topic: str
    schema_version: int
    state: bytes


class Write(msgspec.Struct, frozen=True, gc=False):
    """What one command wishes to store: all of it or nothing.

    `fingerprint` is the SHA-256 of the command's type, body and actor: the same command id with
    another fingerprint is refused. `reads` are streams that were only looked at, each with the
    version seen (0: there was no such stream); they too must be unchanged.
    """

    command_id: str
    fingerprint: bytes
    events: tuple[NewEvent, ...]
    reads: tuple[tuple[str, int], ...] = ()


class Appended(msgspec.Struct, frozen=True, gc=False):
    """The answer to a command: its events have the positions first … first + count - 1."""

    first: int
    count: int
    recorded_at: datetime
    repeated: bool = False
    """True when this command id had been answered before; the rest is that first answer."""


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as it stands in the record."""

    position: int
    stream_id: str
    version: int
    topic: str
    schema_version: int
    recorded_at: datetime
    state: bytes
    leaf: bytes


class Found(msgspec.Struct, frozen=True):
    """An earlier answer found by its command id: what was asked then and the events it made."""

    appended: Appended
    fingerprint: bytes
    events: tuple[Recorded, ...]


class VersionConflict(Exception):
    """Somebody wrote to this stream meanwhile: reload and decide again."""

    def __init__(self, stream_id: str) -> None:
        """Name the stream that moved."""
        super().__init__(f"{stream_id} was changed meanwhile; read it again and decide again")
        self.stream_id = stream_id


class Unrecordable(ValueError):
    """The write itself is wrong (too large, an empty name, versions not in sequence)."""


class Overloaded(Exception):
    """More commands are waiting than the record takes on: come back in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        """Say after how many seconds it is worth trying again."""
        super().__init__(f"the record is busy; send the command again in {retry_after} s")
        self.retry_after = retry_after


class RecordUnavailable(Exception):
    """The record cannot be reached or cannot write now; the sentence says why and what to do."""


class Record(Protocol):
    """The event store as the hub sees it."""

    async def append(self, write: Write) -> Appended:
        """Store one command's events, durably, before answering.

        A command id answered before gets the first answer again. Of a write without
        events only the answer is stored (`count` 0). Raises VersionConflict, Unrecordable,
        Overloaded, RecordUnavailable, and the refusal CommandReused (hub/errors.py) when the id
        was used for something else.
        """
        ...

    async def load(self, since: Mapping[str, int]) -> Sequence[Recorded]:
        """Events of these streams above the given versions (0: all), by stream and version."""
        ...

    async def find(self, command_id: str) -> Found | None:
        """Was this command answered before, and how?"""
        ...


def rfc3339(moment: datetime) -> str:
    """Return a moment as UTC text of fixed width: 2026-01-31T08:00:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def log_entry(event: NewEvent | Recorded, recorded_at: str) -> bytes:
    """Return the bytes the log commits to for one event: canonical JSON (sorted keys, no spaces).

    `recorded_at` is text as `rfc3339` writes it. The position is not inside: the tree's index
    (position - 1) binds it. The state enters as its SHA-256, so it can be checked without the rest.
    """
    return entry_with(event, recorded_at, "sha256:" + sha256(event.state).hexdigest())


def entry_with(event: NewEvent | Recorded, recorded_at: str, state: str) -> bytes:
    """Return a log entry in which the state stands as this digest, named with its algorithm."""
    return orjson.dumps(
        {  # in the order of the alphabet, which makes the text canonical without sorting
            "recorded_at": recorded_at,
            "schema_version": event.schema_version,
            "state": state,
            "stream_id": event.stream_id,
            "type": event.topic,
            "version": event.version,
        }
    )


def leaf_hash(event: NewEvent | Recorded, recorded_at: str) -> bytes:
    r"""Return the event's leaf in the Merkle tree (RFC 6962): SHA-256 of 0x00 and the log entry.

    An auditor computes it again with nothing but psql (the view `record.audit` does just this):

        SELECT sha256('\x00'::bytea || convert_to(format(
                 '{"recorded_at":"%s","schema_version":%s,"state":"sha256:%s",'
                 '"stream_id":%s,"type":%s,"version":%s}',
                 to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                 schema_version, encode(sha256(state), 'hex'),
                 to_json(stream_id), to_json(topic), version), 'UTF8'))
          FROM record.events
         WHERE position = 1;
    """
    return sha256(b"\x00" + log_entry(event, recorded_at)).digest()
