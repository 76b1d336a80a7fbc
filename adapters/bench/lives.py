"""A record full of lives (`adapters.bench.life`), a thousand of them at a time."""

import random
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from uuid_utils.compat import uuid7

from adapters.bench.life import ASKER_MARK, MARK, OWNER_MARK, life
from adapters.record.postgres import PostgresRecord
from hub.codec import encode
from hub.record import NewEvent, Write

AT_A_TIME = 1_000
"""Lives that go on side by side."""
DEPARTMENTS = 60
EVENTS_EACH = 1_000
"""Events stored in one go: faster to fill, the same record in the end."""


def new_events(
    count: int, seed: int = 1, *, lives_at_a_time: int = AT_A_TIME
) -> Iterator[NewEvent]:
    """Yield so many events ready to be stored, of many lives in a shuffled but lawful order."""
    chance = random.Random(seed)  # noqa: S311 - a bench that runs the same each time
    told = [(event.stream_id, event.TOPIC, encode(event)) for event in life()]
    versions: dict[str, int] = {}
    going = [[number, 0] for number in range(lives_at_a_time)]
    lives = lives_at_a_time
    for _ in range(count):
        one = chance.choice(going)
        number, step = one
        stream_id, topic, state = told[step]
        stream_id = stream_id.replace(MARK, f"{number:08}")
        versions[stream_id] = versions.get(stream_id, 0) + 1
        owner, asker = number % DEPARTMENTS, (number + 7) % DEPARTMENTS
        state = (
            state.replace(MARK.encode(), b"%08d" % number)
            .replace(OWNER_MARK.encode(), b"%05d" % owner)
            .replace(ASKER_MARK.encode(), b"%05d" % asker)
        )
        yield NewEvent(stream_id, versions[stream_id], topic, 1, state)
        one[1] += 1
        if one[1] == len(told):
            one[0], one[1] = lives, 0
            lives += 1


async def fill(url: str, count: int) -> None:
    """Store so many events of lives in an empty record."""
    events = new_events(count)
    async with PostgresRecord(url) as record:
        while some := tuple(islice(events, EVENTS_EACH)):
            await record.append(Write(str(uuid7()), sha256(some[0].state).digest(), some))
