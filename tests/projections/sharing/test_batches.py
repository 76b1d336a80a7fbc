"""Whatever happens to a request, rebuilt rows equal live ones, and board and deadlines agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from hub.sharing.events import RequestEvent
from projections.catch_up import Memory, catch_up
from projections.connect import connect, look_at
from projections.deadlines import DEADLINES
from projections.rebuild import rebuild, replay
from projections.request_board import REQUEST_BOARD
from projections.sharing_ledger import SHARING_LEDGER
from projections.use_register import USE_REGISTER
from tests.hub.sharing.test_history import STEPS, tried
from tests.hub.sharing.world import REQUEST
from tests.projections import kit

if TYPE_CHECKING:
    from hub.actor import Speaker
    from hub.command import Command
    from tests.servers import Database

    Steps = list[tuple[tuple[Command, Speaker], int]]

OURS = (REQUEST_BOARD, SHARING_LEDGER, USE_REGISTER, DEADLINES)
# A history is long to draw, and many of its steps are refused.
CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def test_rebuilt_equals_live_for_any_history_and_split(database: Database) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=CHECKS, derandomize=True)
    @for_all(steps=STEPS, size=st.integers(1, 7), part=st.integers(1, 9))
    def check(steps: Steps, size: int, part: int) -> None:
        _, history = tried(steps)
        kit.empty(database)
        with connect(database.app_url) as connection:
            memory = Memory(OURS)
            for start in range(0, len(history), part):
                kit.record(connection, history[start : start + part])
                assert not catch_up(connection, memory, batch=size).parked
            live = [kit.dump(connection, one) for one in OURS]
            replay(connection, OURS, "past")
            assert [kit.dump(connection, one) for one in OURS] == live
            look_at(connection, "views")
            rebuild(connection, OURS)
            assert [kit.dump(connection, one) for one in OURS] == live

    check()


def test_the_board_shows_the_clock_that_the_deadlines_say_is_running(database: Database) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=CHECKS, derandomize=True)
    @for_all(steps=STEPS)
    def check(steps: Steps) -> None:
        _, history = tried(steps)
        kit.empty(database)
        with connect(database.app_url) as connection:
            kit.record(connection, [e for e in history if isinstance(e, RequestEvent)])
            assert not catch_up(connection, OURS).parked
            board = kit.rows(connection, REQUEST_BOARD)
            clocks = [
                (row.duty, row.due_on, row.owner_id)
                for row in kit.rows(connection, DEADLINES)
                if row.clock_id == REQUEST and row.stopped_at is None
            ]
        shown = [(row.duty, row.due_on, row.late_id) for row in board if row.duty]
        assert shown == clocks

    check()
