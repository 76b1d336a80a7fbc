"""Several followers over one database: every event counts once."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest

from projections.catch_up import catch_up
from projections.connect import connect
from projections.positions import standings
from tests.projections import kit
from tests.projections.counts import COUNTS, make_counts
from tests.projections.stories import made

if TYPE_CHECKING:
    from tests.servers import Database


FOLLOWERS = 4


@pytest.mark.parametrize("batch", [7, 1000])
def test_four_followers_starting_together_count_300_events_as_300(
    database: Database, batch: int
) -> None:
    with connect(database.app_url) as connection:
        make_counts(connection)
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
