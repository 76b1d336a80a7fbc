"""given / when / then over the pure write side: no store, no clock, no network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hub.actor import Actor, Role, Speaker, Via
from hub.codec import decode, encode
from hub.decide import RULES
from hub.execute import evolve
from hub.rule import answer, missing

if TYPE_CHECKING:
    from hub.command import Command
    from hub.errors import Refusal
    from hub.event import Event
    from hub.state import State

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday 2 March 2026, noon in China: a plain working day."""
ANYBODY = Actor("departments.organization:city", "wang.fang", Role.OPERATOR, Via.API)


class Given:
    """The events that have happened."""

    def __init__(self, *events: Event) -> None:
        self.states: dict[str, State | None] = {}
        for event in events:
            self._fold(event)

    def _fold(self, event: Event) -> None:
        # Through the codec, as the record would: what cannot be stored cannot be decided on.
        stored = decode(event.TOPIC, event.SCHEMA_VERSION, encode(event))
        self.states[stored.stream_id] = evolve(self.states.get(stored.stream_id), stored)

    def when(self, command: Command, by: Speaker, at: datetime = NOON) -> Outcome:
        rule = RULES[type(command)]
        states: dict[str, State | None] = {}
        while wanted := missing(rule, command, by, states, at):
            states.update({stream_id: self.states.get(stream_id) for stream_id in wanted})
        return Outcome(self, lambda: answer(rule, command, by, states, at)[1], states)


class Outcome:
    """What the hub answers."""

    def __init__(self, given: Given, run: object, states: dict[str, State | None]) -> None:
        self.given = given
        self.states = states
        self._run = run

    def events(self) -> tuple[Event, ...]:
        events: tuple[Event, ...] = self._run()  # type: ignore[operator]  # a closure over answer()
        for event in events:
            assert event.stream_id in self.states, f"{event.stream_id} is written but not loaded"
        return events

    def then(self, *kinds: type[Event]) -> Given:
        """Expect events of these classes; go on from what they make of the world."""
        events = self.events()
        assert [type(event) for event in events] == list(kinds)
        for event in events:
            self.given._fold(event)  # noqa: SLF001  # the two classes are one kit
        return self.given

    def refused(self, kind: type[Refusal], words: str = "") -> Refusal:
        """Expect a refusal of this kind whose English sentence holds these words."""
        with pytest.raises(kind) as caught:
            self.events()
        assert words in caught.value.en, caught.value.en
        assert caught.value.zh, "a refusal speaks both languages"
        return caught.value


def given(*events: Event) -> Given:
    return Given(*events)


def speaker(org: str, person: str, via: Via = Via.API) -> Speaker:
    return Speaker(f"departments.organization:{org}", person, via)
