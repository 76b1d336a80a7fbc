"""What decisions look at: the states of streams, folded from their events."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, cast

import msgspec

from hub.errors import Invalid, NotFound
from hub.event import Event


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A noun of the law as it stands after its events; immutable. `STREAM` = stream id prefix."""

    STREAM: ClassVar[str]


S = TypeVar("S", bound=State)
Evolve = Callable[[Any, Any], State]
"""evolve(state or None, event) -> state: pure, one per noun."""


def begun(state: S | None, event: Event) -> S:
    """Return the state an event goes on from; the record never holds a stream without its first."""
    if state is None:
        raise ValueError(f"{event.stream_id} has no beginning")
    return state


def kind_of(stream_id: str) -> str:
    """Return the prefix of a stream id: `catalog.entry` of `catalog.entry:0198…`."""
    return stream_id.partition(":")[0]


def unknown(stream_id: str) -> NotFound:
    """Return the refusal of an id under which the record holds nothing."""
    return NotFound(
        f"there is no {kind_of(stream_id)} “{stream_id}”; check the id",
        f"不存在“{stream_id}”，请核对标识",
        where=stream_id,
    )


class States:
    """The states a decision may look at; asking for one that is not there is a refusal."""

    def __init__(self, held: Mapping[str, State | None]) -> None:
        """Hold the folded states by stream id; None where the stream has no events."""
        self._held = held

    def maybe(self, kind: type[S], stream_id: str) -> S | None:
        """Return the state of a stream or None when it has no events yet.

        Raises KeyError if the command's rule does not declare the stream: a fault of ours.
        """
        if kind_of(stream_id) != kind.STREAM:
            raise Invalid(
                f"“{stream_id}” is not an id of a {kind.STREAM}; it must begin “{kind.STREAM}:”",
                f"“{stream_id}”不是{kind.STREAM}的标识，应以“{kind.STREAM}:”开头",
                where=stream_id,
            )
        return cast("S | None", self._held[stream_id])

    def the(self, kind: type[S], stream_id: str) -> S:
        """Return the state of a stream; raises NotFound when it has no events."""
        state = self.maybe(kind, stream_id)
        if state is None:
            raise unknown(stream_id)
        return state
