"""Events to stored bytes and back: canonical JSON, a registry of topics, upcasters.

The stored bytes are the truth that is hashed; they are never re-serialised. A topic that the
registry does not know is never looked up by import: a tampered row cannot make us run code.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from hub.event import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""A pure step from one schema version to the next."""

EVENTS: dict[str, type[Event]] = {}
"""Every event that may stand in the record, by topic."""
UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(topic, version n) -> the step to version n + 1."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {}


class UnknownEventError(Exception):
    """The record holds an event of a topic or version this program does not know."""


def register(*events: type[Event]) -> None:
    """Enter concrete events in the registry; raises ValueError when a topic is taken."""
    for event in events:
        topic = event.__dict__["TOPIC"]
        if EVENTS.setdefault(topic, event) is not event:
            msg = f"topic {topic} belongs to {EVENTS[topic].__name__}, not to {event.__name__}"
            raise ValueError(msg)
        _DECODERS[topic] = msgspec.json.Decoder(event)


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event: JSON, keys sorted, defaults left out."""
    return _ENCODER.encode(event)


def decode(topic: str, schema_version: int, state: bytes) -> Event:
    """Return the event behind stored bytes.

    Raises UnknownEventError for a topic or version that is not registered, and
    msgspec.ValidationError for bytes that are not such an event.
    """
    decoder = _DECODERS.get(topic)
    if decoder is None:
        msg = f"the topic {topic} is not known to this program"
        raise UnknownEventError(msg)
    current = EVENTS[topic].SCHEMA_VERSION
    if schema_version == current:
        return decoder.decode(state)
    return msgspec.convert(_upcast(topic, schema_version, state), EVENTS[topic])


def _upcast(topic: str, version: int, state: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.json.decode(state)
    for step in range(version, EVENTS[topic].SCHEMA_VERSION):
        upcaster = UPCASTERS.get((topic, step))
        if upcaster is None:
            msg = f"no upcaster leads from version {step} of {topic}"
            raise UnknownEventError(msg)
        fields = upcaster(fields)
    if version > EVENTS[topic].SCHEMA_VERSION:
        msg = f"version {version} of {topic} is newer than this program"
        raise UnknownEventError(msg)
    return fields
