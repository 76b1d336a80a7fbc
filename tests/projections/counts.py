"""A projection that counts: whatever is lost or folded twice shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hub.event import Event
from projections.projection import Key, Projection

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from hub.record import Recorded


class CountRow(msgspec.Struct, frozen=True):
    topic: str
    events: int


def keys(event: Event, recorded: Recorded) -> Iterable[Key]:
    return ((recorded.topic,),)


def fold(key: Key, row: CountRow | None, event: Event, recorded: Recorded) -> CountRow:
    return CountRow(key[0], 1 if row is None else row.events + 1)


COUNTS = Projection(
    name="counts",
    version=1,
    row=CountRow,
    key=("topic",),
    reads=(Event,),
    keys=keys,
    fold=fold,
)


def make_counts(connection: psycopg.Connection) -> None:
    """Make its table."""
    connection.execute("CREATE TABLE counts (topic text PRIMARY KEY, events bigint NOT NULL)")
