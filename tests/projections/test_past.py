"""The past on demand: built once, kept, told what came in late, dropped when nobody asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING

import msgspec
import pytest

from hub.record import NewEvent
from projections import past
from projections.catch_up import catch_up
from projections.connect import connect
from projections.directory import organizations
from projections.moment import Moment, moment_of
from projections.past import BrokenPast, NotBuilt, build, drop_all, looking_at
from projections.pasts import pasts
from projections.rebuild import replay, replays
from tests.projections import kit
from tests.projections.stories import CIVIL, CORE, NOON, TAX, made, registered, renamed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from hub.event import Event
    from tests.projections.kit import Given
    from tests.servers import Database

LATER = NOON + timedelta(days=30)


def later(event: Event, at: datetime = LATER) -> Event:
    return msgspec.structs.replace(event, at=at)


def names(connection: psycopg.Connection, moment: Moment) -> list[str]:
    with looking_at(connection, moment, CORE):
        return [each.name for each in organizations(connection)]


def at_positions(
    given: Given, database: Database, positions: Sequence[int], kept_max: int = 6
) -> None:
    for position in positions:
        build(database.app_url, Moment(until=position), CORE, kept_max=kept_max)


def test_a_position_shows_what_the_record_held_then(given: Given, database: Database) -> None:
    given(registered(CIVIL), renamed(CIVIL, "新名")).shown_by(*CORE)
    built = build(database.app_url, Moment(until=1), CORE)
    assert (built.state, built.read_to, built.last_position) == ("ready", 1, 1)
    assert names(given.connection, Moment(until=1)) == ["民政局"]
    assert [each.name for each in organizations(given.connection)] == ["新名"]
    assert dict(replays(given.connection)) == {"past_p1": "position 1"}


def test_a_day_shows_what_had_happened_in_law(given: Given, database: Database) -> None:
    given(registered(CIVIL), later(renamed(CIVIL, "新名"))).shown_by(*CORE)
    moment = Moment(as_of=NOON + timedelta(days=1))
    built = build(database.app_url, moment, CORE)
    assert (built.read_to, built.last_position, built.last_at) == (2, 1, NOON)
    assert names(given.connection, moment) == ["民政局"]


def test_before_the_first_event_there_is_nothing(given: Given, database: Database) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    moment = Moment(as_of=datetime(1999, 1, 1, tzinfo=UTC))
    assert build(database.app_url, moment, CORE).last_position == 0
    assert names(given.connection, moment) == []


def test_what_is_recorded_late_belongs_to_the_day_it_happened(
    given: Given, database: Database
) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    moment = Moment(as_of=LATER)
    first = build(database.app_url, moment, CORE)
    given.and_then(later(registered(TAX), LATER + timedelta(days=1)))
    catch_up(given.connection, CORE)
    assert names(given.connection, moment) == ["民政局"]
    given.and_then(renamed(CIVIL, "新名"))
    catch_up(given.connection, CORE)
    with pytest.raises(NotBuilt):
        names(given.connection, moment)
    second = build(database.app_url, moment, CORE)
    assert names(given.connection, moment) == ["新名"]
    assert (first.last_position, second.last_position) == (1, 3)
    known = Moment(as_of=LATER, until=2)
    build(database.app_url, known, CORE)
    assert names(given.connection, known) == ["民政局"]


def test_what_is_ready_is_not_built_again_and_the_least_asked_for_goes(
    given: Given, database: Database
) -> None:
    given(*(registered(f"departments.organization:{n}") for n in range(4))).shown_by(*CORE)
    at_positions(given, database, [1, 2])
    before = {each.schema_name: each.built_at for each in pasts(given.connection)}
    at_positions(given, database, [1])
    assert {each.schema_name: each.built_at for each in pasts(given.connection)} == before
    at_positions(given, database, [3], kept_max=2)
    assert [each.schema_name for each in pasts(given.connection)] == ["past_p3", "past_p1"]
    assert [name for name, _ in replays(given.connection)] == ["past_p1", "past_p3"]


def test_what_somebody_reads_is_not_dropped(given: Given, database: Database) -> None:
    given(*(registered(f"departments.organization:{n}") for n in range(4))).shown_by(*CORE)
    at_positions(given, database, [1])
    with looking_at(given.connection, Moment(until=1), CORE):
        at_positions(given, database, [2, 3, 4], kept_max=2)
        assert [each.name for each in organizations(given.connection)] == ["民政局"]
    assert len(pasts(given.connection)) == 3
    assert drop_all(given.connection) == 3
    assert replays(given.connection) == []
    with pytest.raises(NotBuilt):
        names(given.connection, Moment(until=4))


def test_two_who_ask_at_once_wait_for_one_build(
    given: Given, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    begun, go_on, real = Flag(), Flag(), replay
    built = []

    def slow(*args: object, **kwargs: object) -> object:
        begun.set()
        assert go_on.wait(30)
        built.append(1)
        return real(*args, **kwargs)  # type: ignore[arg-type] # handed through

    monkeypatch.setattr(past, "replay", slow)
    threads = [Thread(target=at_positions, args=(given, database, [1])) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    with pytest.raises(NotBuilt):
        names(given.connection, Moment(until=1))
    go_on.set()
    for thread in threads:
        thread.join()
    assert built == [1]


def test_what_a_killed_process_left_half_built_is_built_anew(
    given: Given, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(registered(CIVIL)).shown_by(*CORE)

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(past, "catch_up", killed)
    monkeypatch.setattr(past, "replay", killed)
    with pytest.raises(SystemExit):
        at_positions(given, database, [1])
    monkeypatch.undo()
    [left] = pasts(given.connection)
    assert left.state == "building"
    at_positions(given, database, [1])
    assert names(given.connection, Moment(until=1)) == ["民政局"]


def test_a_past_that_cannot_be_built_says_why(given: Given, database: Database) -> None:
    given(made("tests.promise:1", None)).shown_by(*CORE)
    unknown = NewEvent("tests.thing:1", 1, "tests.thing.unheard_of", 1, b"{}")
    kit.store(given.connection, [unknown])
    for _ in range(2):
        with pytest.raises(BrokenPast, match=r"past_p2 could not be built: audit_trail cannot"):
            at_positions(given, database, [2])
    with pytest.raises(BrokenPast):
        names(given.connection, Moment(until=2))
    [broken] = pasts(given.connection)
    assert broken.state == "broken"


def test_other_projections_build_their_own(given: Given, database: Database) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    at_positions(given, database, [1])
    with pytest.raises(NotBuilt), looking_at(given.connection, Moment(until=1), CORE[:3]):
        pass


def test_a_moment_is_written_as_a_day_or_a_time() -> None:
    assert moment_of("2026-06-30") == datetime(2026, 6, 30, 15, 59, 59, 999_999, tzinfo=UTC)
    assert moment_of("2026-06-30T17:30:00") == datetime(2026, 6, 30, 9, 30, tzinfo=UTC)
    for wrong in ("tomorrow", "2026-06-31", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(ValueError, match=r"."):
            moment_of(wrong)
    assert Moment(as_of=moment_of("2026-06-30")).schema == "past_20260630155959999999"
    assert Moment(as_of=datetime(1, 1, 2, tzinfo=UTC), until=7).schema == (
        "past_00010102000000000000_p7"
    )
    assert date(2026, 6, 30) == moment_of("2026-06-30").date()
    for unclear in ("20260630", "2026-W27-2", "2026W272"):
        with pytest.raises(ValueError, match="neither a day"):
            moment_of(unclear)


def test_who_reads_a_past_lets_others_read_it_too(given: Given, database: Database) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    at_positions(given, database, [1])
    with connect(database.app_url) as other:
        other.execute("SET statement_timeout = '5s'")
        with looking_at(given.connection, Moment(until=1), CORE):
            assert names(other, Moment(until=1)) == ["民政局"]


def test_a_line_nobody_recorded_does_not_keep_a_past_from_being_ready(
    given: Given, database: Database
) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    given.connection.execute(
        """
        INSERT INTO audit_trail
        SELECT (jsonb_populate_record(t, '{"position": 1000000}')).*
          FROM audit_trail AS t
        """
    )
    moment = Moment(as_of=LATER)
    build(database.app_url, moment, CORE)
    assert names(given.connection, moment) == ["民政局"]


def test_the_look_ends_with_the_block(given: Given, database: Database) -> None:
    given(registered(CIVIL), registered(TAX)).shown_by(*CORE)
    at_positions(given, database, [1])
    assert len(names(given.connection, Moment(until=1))) == 1
    assert len(organizations(given.connection)) == 2
    with connect(database.app_url) as other:
        assert other.execute("SHOW search_path").fetchone() == ("views",)
