"""A rule of the house: which streams a command needs, who may send it, which function answers.

`loads` is a row of paths. A path starts at a field of the command and goes on through the states
it leads to: `grant_id.entry_id` is the entry of the grant of the command. `@time` stands for the
rules and work calendars around the moment of the command.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from hub.actor import Actor, Speaker
from hub.command import Command
from hub.departments.calendar import calendar_streams
from hub.departments.ruleset import RULE_SET_ID
from hub.event import Event
from hub.permit import Claim, Permit, admit
from hub.state import State, States

Decide = Callable[[Any, States, Actor, datetime], Event | tuple[Event, ...]]


class Rule(msgspec.Struct, frozen=True):
    """One line of the write side: `decide`, the paths it loads, the permits of those who may."""

    decide: Decide
    loads: tuple[str, ...]
    permits: tuple[Permit, ...]


def rule(decide: Decide, loads: str, *permits: Permit) -> Rule:
    """Write a rule: the deciding function, its paths separated by blanks, who may."""
    return Rule(decide, tuple(loads.split()), permits)


def answer(
    rule: Rule, command: Command, speaker: Speaker, states: dict[str, State | None], at: datetime
) -> tuple[Actor, tuple[Event, ...]]:
    """Admit the speaker and decide the command on the loaded states: pure.

    Raises a Refusal. An empty tuple of events means there was nothing to record.
    """
    held = States(states)
    claims = [_claim(permit, command, states) for permit in rule.permits]
    actor = admit(speaker, claims, held, type(command).__name__)
    events = rule.decide(command, held, actor, at)
    return actor, events if isinstance(events, tuple) else (events,)


def missing(
    rule: Rule, command: Command, speaker: Speaker, states: dict[str, State | None], at: datetime
) -> set[str]:
    """Return the stream ids that must still be loaded before the command can be answered."""
    needed = set(_needed(rule, command, speaker, states, at))
    return {stream_id for stream_id in needed if stream_id not in states}


def subject_of(rule: Rule, command: Command) -> str:
    """Return the id of the stream the command is about: its first path."""
    return next(_follow(rule.loads[0], command, {}))


def _needed(
    rule: Rule, command: Command, speaker: Speaker, states: dict[str, State | None], at: datetime
) -> Iterator[str]:
    if speaker.standing is None:
        yield speaker.org_id
    for path in rule.loads:
        if path == "@time":
            yield RULE_SET_ID
            yield from calendar_streams(at)
        else:
            yield from _follow(path, command, states, each=True)
    for permit in rule.permits:
        if permit.path:
            yield from _follow(permit.path, command, states)


def _claim(permit: Permit, command: Command, states: dict[str, State | None]) -> Claim:
    if not permit.path:
        return Claim(permit)
    org_id = next(_follow(permit.path, command, states), "")
    steps = () if org_id else _follow(permit.path, command, states, each=True)
    lost_id = next((stream_id for stream_id in steps if states.get(stream_id) is None), "")
    return Claim(permit, org_id, lost_id)


def _follow(
    path: str, command: Command, states: dict[str, State | None], *, each: bool = False
) -> Iterator[str]:
    """Walk a path; with `each`, yield the id of every step on the way, not only of the last."""
    first, *rest = path.split(".")
    ids = list(_ids(getattr(command, first)))
    if each or not rest:
        yield from ids
    for name in rest:
        held = (states.get(stream_id) for stream_id in ids)
        ids = [found for state in held if state is not None for found in _ids(getattr(state, name))]
        if each or name == rest[-1]:
            yield from ids


def _ids(value: str | Iterable[str] | None) -> Iterable[str]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else value
