"""The contract of a projection: one document a clerk would name, folded from events.

A projection says which events it reads, which row keys an event touches, and how a row follows
from the row before and the event. It is pure; the runner (`catch_up`) reads and writes. The class
of its rows gives the table's columns, in order; the table itself stands in `migrations/` under
the schema `views` and belongs to hub_app (`SET LOCAL ROLE hub_app`, see 0003_views_core.sql).
Queries never name the schema: `search_path` chooses live, rebuilt or past.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from hub.codec import EVENTS
from hub.event import Event
from hub.record import Recorded

Key = tuple[Any, ...]
"""The values of the key columns, in the order of `Projection.key`."""
Row = TypeVar("Row", bound=msgspec.Struct)


class Projection(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """One table and how it follows from events.

    `version` rises when the fold or the table changes: the runner then rebuilds it beside the
    live one. `keys` gives the keys of the rows an event touches; `fold` gets the key, the row
    before (None if there is none), the event and how it was recorded, and returns the row after
    (None removes it). An `insert_only` projection never sees an earlier row: its keys are new
    each time, which lets the runner copy rows in without reading. Row fields may be str, int,
    float, bool, date, datetime, enums, or None; dicts, tuples and Structs become `jsonb`;
    `tuple[str, ...]` becomes `text[]`.

    `reads` names the events; a base class stands for every registered event under it, so `Event`
    stands for all. `only` then leaves out those it answers False for. The fold sees nothing but
    its arguments: no clock, no chance, no other row, or a rebuild would not equal the live table.
    """

    name: str
    version: int
    row: type[Row]
    key: tuple[str, ...]
    reads: tuple[type[Event], ...]
    keys: Callable[[Any, Recorded], Iterable[Key]]
    fold: Callable[[Key, Row | None, Any, Recorded], Row | None]
    insert_only: bool = False
    only: Callable[[type[Event]], bool] | None = None

    @property
    def reads_all(self) -> bool:
        """Say whether it claims to show every event, also one this program does not know."""
        return Event in self.reads and self.only is None

    def topics(self) -> frozenset[str]:
        """Return the topics it reads, of all that are registered by now."""
        return frozenset(
            topic
            for topic, event in EVENTS.items()
            if issubclass(event, self.reads) and (self.only is None or self.only(event))
        )
