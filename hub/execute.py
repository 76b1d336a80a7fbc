"""Executing a command: load, decide, append; again from fresh states when somebody was faster.

A decision commits only if every stream it looked at is still at the version it saw, so rules that
span streams hold under concurrency. Decisions may start from cached states; a refusal is answered
only from a fresh read, because a stale state could refuse what the record would allow.
"""

import hashlib
from collections import OrderedDict
from datetime import datetime

import msgspec
import orjson

from hub.actor import Speaker
from hub.codec import decode, encode
from hub.command import Command
from hub.decide import RULES, STATES
from hub.errors import Busy, CommandReused, Refusal, VersionMoved
from hub.event import Event
from hub.personal import require_exchanged
from hub.record import Appended, Found, NewEvent, Record, VersionConflict, Write
from hub.rule import Rule, answer, missing, subject_of
from hub.state import State, kind_of

ATTEMPTS_MAX = 12
"""How often a command is decided again after a conflict before the hub says it is busy."""


class Stored(msgspec.Struct, frozen=True):
    """One recorded event in a receipt: its topic, stream and version there."""

    topic: str
    stream_id: str
    version: int


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a command: where its events stand in the record.

    `position` is that of the last event, 0 when there was nothing to record; `repeated` says that
    the command had been answered before. `subject_id` is the stream the command was about.
    """

    command_id: str
    subject_id: str
    position: int
    recorded_at: datetime
    events: tuple[Stored, ...]
    repeated: bool = False


class Hub:
    """The write side: one method, one record under it."""

    def __init__(self, record: Record, *, cached_states_max: int = 50_000) -> None:
        """Stand on a record; keep at most so many folded states in memory."""
        self._record = record
        self._cache: OrderedDict[str, tuple[int, State | None]] = OrderedDict()
        self._cached_states_max = cached_states_max

    async def execute(
        self,
        command: Command,
        by: Speaker,
        at: datetime,
        *,
        command_id: str,
        expected: int | None = None,
    ) -> Receipt:
        """Make a command its events, or raise the Refusal that says why not.

        `at` is the legal time (aware, UTC). `command_id` makes a retry the same wish: the second
        time the first answer is returned. `expected` is the version of the subject the speaker
        has seen; another one is refused with VersionMoved. Personal text must be exchanged.
        """
        wish = _Wish(RULES[type(command)], command, by, at, command_id)
        fresh = False
        for _ in range(ATTEMPTS_MAX):
            versions, states = await self._gather(wish, fresh=fresh)
            try:
                _check_version(wish.subject, versions, expected)
                _, events = answer(wish.rule, command, by, states, at)
            except Refusal:
                if (earlier := await self._earlier(wish)) is not None:
                    return earlier
                if fresh:
                    raise
                fresh = True
                continue
            if not events and not fresh:
                fresh = True  # a stale state may hide that there is something to record
                continue
            receipt = await self._store(wish, events, versions, states)
            if receipt is not None:
                return receipt
            fresh = True
        raise Busy(
            "many people are changing this at the same moment; send the command again",
            "此事项正被多人同时修改，请稍后重试",
        )

    async def _store(
        self,
        wish: "_Wish",
        events: tuple[Event, ...],
        versions: dict[str, int],
        states: dict[str, State | None],
    ) -> Receipt | None:
        """Append what was decided; None when a stream has moved meanwhile."""
        write, stored, evolved = _write(wish, events, versions, states)
        try:
            appended = await self._record.append(write)
        except VersionConflict:
            return None
        if appended.repeated:
            return await self._earlier(wish)
        self._remember(evolved)
        return Receipt(wish.command_id, wish.subject, _last(appended), appended.recorded_at, stored)

    async def _earlier(self, wish: "_Wish") -> Receipt | None:
        """Return the first answer to this command id, None when it is new."""
        found = await self._record.find(wish.command_id)
        return None if found is None else _repeat(found, wish)

    async def _gather(
        self, wish: "_Wish", *, fresh: bool
    ) -> tuple[dict[str, int], dict[str, State | None]]:
        """Load what the rule's paths lead to, level by level, each level in one read."""
        versions: dict[str, int] = {}
        states: dict[str, State | None] = {}
        while wanted := missing(wish.rule, wish.command, wish.by, states, wish.at):
            unknown = wanted if fresh else {s for s in wanted if s not in self._cache}
            if unknown:
                await self._refresh(unknown)
            for stream_id in wanted:
                versions[stream_id], states[stream_id] = self._cache[stream_id]
        return versions, states

    async def _refresh(self, stream_ids: set[str]) -> None:
        """Fold what the record holds beyond the cached versions of these streams."""
        held = {s: self._cache.get(s, (0, None)) for s in stream_ids}
        since = {stream_id: version for stream_id, (version, _) in held.items()}
        for recorded in await self._record.load(since):
            event = decode(recorded.topic, recorded.schema_version, recorded.state)
            version, state = held[recorded.stream_id]
            if recorded.version == version + 1:
                held[recorded.stream_id] = (recorded.version, evolve(state, event))
        self._remember(held)

    def _remember(self, held: dict[str, tuple[int, State | None]]) -> None:
        for stream_id, (version, state) in held.items():
            if version >= self._cache.get(stream_id, (0, None))[0]:
                self._cache[stream_id] = (version, state)
                self._cache.move_to_end(stream_id)
        while len(self._cache) > self._cached_states_max:
            self._cache.popitem(last=False)


class _Wish:
    """A command with everything that stands beside it while it is decided."""

    __slots__ = ("at", "by", "command", "command_id", "fingerprint", "rule", "subject")

    def __init__(
        self, rule: Rule, command: Command, by: Speaker, at: datetime, command_id: str
    ) -> None:
        require_exchanged(command)  # nothing below may see personal text, nor remember it
        self.rule = rule
        self.command = command
        self.by = by
        self.at = at
        self.command_id = command_id
        self.fingerprint = _fingerprint(command, by)
        self.subject = subject_of(rule, command)


def _check_version(subject: str, versions: dict[str, int], expected: int | None) -> None:
    if expected is not None and versions.get(subject, 0) != expected:
        raise VersionMoved(
            f"{subject} is at version {versions.get(subject, 0)}, not {expected};"
            " read it again and decide on what it says now",
            f"{subject}的当前版本为{versions.get(subject, 0)}，不是{expected}，请重新读取后再提交",
            where=subject,
        )


def evolve(state: State | None, event: Event) -> State:
    """Fold one event into the state of its stream."""
    return STATES[kind_of(event.stream_id)](state, event)


def _write(
    wish: _Wish,
    events: tuple[Event, ...],
    versions: dict[str, int],
    states: dict[str, State | None],
) -> tuple[Write, tuple[Stored, ...], dict[str, tuple[int, State | None]]]:
    """Number the events per stream and say which other streams were only looked at."""
    new: list[NewEvent] = []
    evolved: dict[str, tuple[int, State | None]] = {}
    for event in events:
        msgspec.structs.force_setattr(event, "causation_id", wish.command_id)
        stream_id = event.stream_id
        before, state = evolved.get(stream_id) or (versions[stream_id], states[stream_id])
        evolved[stream_id] = (before + 1, evolve(state, event))
        new.append(
            NewEvent(stream_id, before + 1, event.TOPIC, event.SCHEMA_VERSION, encode(event))
        )
    stored = tuple(Stored(e.topic, e.stream_id, e.version) for e in new)
    reads = tuple((s, v) for s, v in versions.items() if s not in evolved)
    write = Write(wish.command_id, wish.fingerprint, tuple(new), reads)
    return write, stored, evolved


def _fingerprint(command: Command, by: Speaker) -> bytes:
    body = orjson.dumps(
        [type(command).__name__, by.org_id, by.person_id, command.model_dump(mode="json")],
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.sha256(body).digest()


def _repeat(found: Found, wish: _Wish) -> Receipt:
    if found.fingerprint != wish.fingerprint:
        raise CommandReused(
            f"the id {wish.command_id} was used for another command; send this one under a new id",
            f"标识{wish.command_id}已用于另一命令，请换用新的标识提交",
            where="Idempotency-Key",
        )
    stored = tuple(Stored(e.topic, e.stream_id, e.version) for e in found.events)
    last, at = _last(found.appended), found.appended.recorded_at
    return Receipt(wish.command_id, wish.subject, last, at, stored, repeated=True)


def _last(appended: Appended) -> int:
    return appended.first + appended.count - 1 if appended.count else 0
