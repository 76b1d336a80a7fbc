"""Several followers over one database: every event counts once."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import msgspec
import pytest

from hub.event import Event
from projections.catch_up import catch_up
from projections.connect import connect
from projections.positions import standings
from projections.projection import Key, Projection
from tests.projections import kit
from tests.projections.stories import made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.record import Recorded
    from tests.servers import Database


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


FOLLOWERS = 4


@pytest.mark.parametrize("batch", [7, 1000])
def test_four_followers_starting_together_count_300_events_as_300(
    database: Database, batch: int
) -> None:
    with connect(database.app_url) as connection:
        connection.execute("CREATE TABLE counts (topic text PRIMARY KEY, events bigint NOT NULL)")
        kit.record(connection, [made(f"tests.promise:{n}", None) for n in range(300)])
        together = Barrier(FOLLOWERS)

        def follower() -> None:
            with connect(database.app_url) as own:
                together.wait()
                catch_up(own, [COUNTS], batch=batch)

        threads = [Thread(target=follower) for _ in range(FOLLOWERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [row.events for row in kit.rows(connection, COUNTS)] == [300]
        assert [one.position for one in standings(connection)] == [300]
