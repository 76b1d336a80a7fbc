"""The record against a model: whatever is sent at once, what was stored makes one honest order."""

import asyncio
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.record.postgres import PostgresRecord
from hub.errors import CommandReused
from hub.record import Appended, VersionConflict, Write
from tests.adapters.record.writes import event, write
from tests.servers import Database

_streams = st.sampled_from("abcd")
_wishes = st.lists(
    st.tuples(
        st.integers(0, 12),  # the command id
        st.lists(_streams, max_size=3),  # streams that get an event
        st.dictionaries(_streams, st.integers(0, 2), max_size=2),  # streams only read
        st.integers(1, 2),  # the version the first event of each stream is to have
    ),
    max_size=16,
)


def _write(run: int, wish: tuple[int, list[str], dict[str, int], int]) -> Write:
    number, changed, read, starts_at = wish
    versions = {name: count(starts_at) for name in changed}
    events = [event(f"{run}:{name}", next(versions[name])) for name in changed]
    reads = tuple((f"{run}:{name}", v) for name, v in read.items() if name not in versions)
    return write(*events, command_id=f"{run}/{number}", reads=reads, body=repr(wish).encode())


def _applies(wish: Write, versions: dict[str, int]) -> dict[str, int] | None:
    """Return the versions after this write, or None when it does not stand on these."""
    after = dict(versions)
    for new in wish.events:
        if new.version != after.get(new.stream_id, 0) + 1:
            return None
        after[new.stream_id] = new.version
    if any(versions.get(stream_id, 0) != seen for stream_id, seen in wish.reads):
        return None
    return after


def _check(wishes: list[Write], answers: list[Appended | BaseException]) -> None:
    pairs = list(zip(wishes, answers, strict=True))
    stored = sorted(
        ((a.first, w) for w, a in pairs if isinstance(a, Appended) and a.count and not a.repeated),
        key=lambda pair: pair[0],
    )
    states: list[dict[str, int]] = [{}]
    for first, wish in stored:
        after = _applies(wish, states[-1])
        assert after is not None, f"position {first} does not stand on what it saw"
        states.append(after)
    firsts = {wish.command_id: wish for _, wish in stored}
    for wish, answer in pairs:
        if isinstance(answer, VersionConflict):
            assert any(_applies(wish, state) is None for state in states)
        elif isinstance(answer, CommandReused):
            assert any(w.fingerprint != wish.fingerprint for w in wishes if w is not wish)
        else:
            assert isinstance(answer, Appended)
            if answer.repeated and answer.count:
                assert firsts[wish.command_id] == wish


def test_what_is_stored_at_once_stands_in_one_order_on_what_it_saw(database: Database) -> None:
    runs = count(1)

    async def send(wishes: list[Write]) -> list[Appended | BaseException]:
        async with (
            PostgresRecord(database.app_url) as one,
            PostgresRecord(database.app_url) as other,
        ):
            return await asyncio.gather(
                *((one, other)[n % 2].append(wish) for n, wish in enumerate(wishes)),
                return_exceptions=True,
            )

    @settings(max_examples=80, deadline=None)
    @given(_wishes)
    def agrees(drawn: list[tuple[int, list[str], dict[str, int], int]]) -> None:
        run = next(runs)
        wishes = [_write(run, wish) for wish in drawn]
        _check(wishes, asyncio.run(send(wishes)))

    agrees()
