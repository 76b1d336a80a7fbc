"""Writes for the tests of the record: small, and different where a test needs it."""

from hashlib import sha256
from itertools import count

from hub.record import NewEvent, Write

TOPIC = "sharing.request.submitted"
_numbers = count(1)


def stream() -> str:
    return f"sharing.request:{next(_numbers):04d}"


def event(
    stream_id: str, version: int, state: bytes = b'{"days":365}', topic: str = TOPIC
) -> NewEvent:
    return NewEvent(stream_id, version, topic, 1, state)


def write(
    *events: NewEvent,
    command_id: str | None = None,
    reads: tuple[tuple[str, int], ...] = (),
    body: bytes = b"",
) -> Write:
    command_id = command_id or f"command-{next(_numbers)}"
    return Write(command_id, sha256(command_id.encode() + body).digest(), events, reads)
