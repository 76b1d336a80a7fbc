"""kill -9 of PostgreSQL under live projections: they go on, and every event counts once."""

from threading import Event as Flag
from threading import Thread

from projections.catch_up import Caught
from projections.connect import connect, look_at
from projections.deadlines import DEADLINES
from projections.follow import follow
from projections.positions import wait_for
from projections.rebuild import replay
from tests.projections import kit
from tests.projections.counts import COUNTS, make_counts
from tests.projections.stories import due, kept, made
from tests.servers import Database

ROUNDS, EVENTS_EACH = 3, 3_000


def test_three_kills_under_the_follower_lose_and_double_nothing(breakable: Database) -> None:
    with connect(breakable.app_url) as connection:
        make_counts(connection)
    stop, passed, said = Flag(), Flag(), list[str]()

    def note(caught: Caught) -> None:
        passed.set()

    follower = Thread(
        target=follow,
        args=(breakable.app_url, [COUNTS, DEADLINES], stop),
        kwargs={"passed": note, "say": said.append},
    )
    follower.start()
    try:
        for number in range(ROUNDS):
            with connect(breakable.app_url) as connection:
                connection.execute("SET synchronous_commit = on")  # as the record commits
                names = [f"tests.promise:{number}-{n}" for n in range(EVENTS_EACH // 2)]
                kit.record(connection, [made(name, due(10)) for name in names])
                kit.record(connection, [kept(name) for name in names])
            passed.clear()
            breakable.server.kill()
            breakable.server.start()
        with connect(breakable.app_url) as connection:
            wait_for(connection, ROUNDS * EVENTS_EACH, seconds_max=60)
            live = [kit.dump(connection, one) for one in (COUNTS, DEADLINES)]
            assert sum(row.events for row in kit.rows(connection, COUNTS)) == ROUNDS * EVENTS_EACH
            replay(connection, [COUNTS, DEADLINES], "again")
            look_at(connection, "again")
            assert [kit.dump(connection, one) for one in (COUNTS, DEADLINES)] == live
    finally:
        stop.set()
        follower.join()
    assert any("lost PostgreSQL" in words for words in said)
