"""A projection that cannot take an event is parked before it, with the reason; the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hub.record import NewEvent
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import BATCH_POSITIONS, catch_up
from projections.directory import DIRECTORY
from projections.positions import Behind, Standing, standings, wait_for
from projections.projection import Key, Projection
from projections.rebuild import CannotRebuild, rebuild
from tests.projections import kit
from tests.projections.stories import CIVIL, TAX, PromiseMade, made, registered, renamed

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from hub.record import Recorded
    from tests.projections.kit import Given

BAD = "tests.promise:bad"


class SeenRow(msgspec.Struct, frozen=True):
    promise_id: str
    note: str


def seen_keys(event: PromiseMade, recorded: Recorded) -> Iterable[Key]:
    return ((event.promise_id,),)


def stumbling(key: Key, row: SeenRow | None, event: PromiseMade, recorded: Recorded) -> SeenRow:
    if event.promise_id == BAD:
        raise ValueError("I cannot count this")
    return SeenRow(event.promise_id, "")


def unstorable(key: Key, row: SeenRow | None, event: PromiseMade, recorded: Recorded) -> SeenRow:
    return SeenRow(event.promise_id, "x" * 20 if event.promise_id == BAD else "")


def seen(fold: Any, *, insert_only: bool = False) -> Projection[SeenRow]:
    return Projection(
        name="seen",
        version=1,
        row=SeenRow,
        key=("promise_id",),
        reads=(PromiseMade,),
        keys=seen_keys,
        fold=fold,
        insert_only=insert_only,
    )


@pytest.fixture
def table(given: Given) -> psycopg.Connection:
    given.connection.execute(
        'CREATE TABLE seen (promise_id text COLLATE "C" PRIMARY KEY, note varchar(10) NOT NULL)'
    )
    return given.connection


def standing_of(connection: psycopg.Connection, name: str) -> Standing:
    return next(one for one in standings(connection) if one.name == name)


@pytest.mark.parametrize("fold", [stumbling, unstorable])
@pytest.mark.parametrize("insert_only", [True, False])
@pytest.mark.parametrize("batch", [1, 3, BATCH_POSITIONS])
def test_only_the_projection_at_fault_stands_still(
    given: Given, table: psycopg.Connection, fold: Any, batch: int, *, insert_only: bool
) -> None:
    promises = [made(f"tests.promise:{n:02}", None) for n in range(10)]
    given(registered(CIVIL), *promises[:6], made(BAD, None), *promises[6:], registered(TAX))
    broken = seen(fold, insert_only=insert_only)
    caught = catch_up(table, [broken, DIRECTORY], batch=batch)
    assert caught.position == 13
    [parked] = caught.parked
    assert (parked.name, parked.position, parked.parked_position) == ("seen", 7, 8)
    assert parked.parked_reason
    assert len(kit.rows(table, DIRECTORY)) == 2
    assert len(kit.rows(table, broken)) == 6
    given(renamed(CIVIL, "新名"))
    assert catch_up(table, [broken, DIRECTORY], batch=batch).position == 14
    assert standing_of(table, "seen").position == 7


def test_a_rebuild_with_the_fault_mended_goes_on(given: Given, table: psycopg.Connection) -> None:
    given(made("tests.promise:1", None), made(BAD, None), made("tests.promise:2", None))
    catch_up(table, [seen(stumbling)])
    mended = seen(lambda key, row, event, recorded: SeenRow(event.promise_id, "mended"))
    rebuild(table, [mended])
    assert [row.note for row in kit.rows(table, mended)] == ["mended"] * 3
    assert not standing_of(table, "seen").parked
    given(made("tests.promise:3", None))
    catch_up(table, [mended])
    assert len(kit.rows(table, mended)) == 4


def test_a_rebuild_that_fails_leaves_the_live_table(
    given: Given, table: psycopg.Connection
) -> None:
    given(made("tests.promise:1", None), made(BAD, None))
    catch_up(table, [seen(stumbling)])
    with pytest.raises(CannotRebuild, match="seen cannot take the event 2"):
        rebuild(table, [seen(stumbling)])
    assert len(kit.rows(table, seen(stumbling))) == 1
    assert standing_of(table, "seen").parked_position == 2


@pytest.mark.parametrize(
    ("topic", "schema_version", "state"),
    [
        ("tests.promise.unheard_of", 1, b"{}"),
        ("tests.promise.made", 9, b"{}"),
        ("tests.promise.made", 1, b"not JSON"),
    ],
)
def test_what_cannot_be_read_parks_those_who_would_show_it(
    given: Given, topic: str, schema_version: int, state: bytes
) -> None:
    given(registered(CIVIL))
    kit.store(given.connection, [NewEvent("tests.promise:1", 1, topic, schema_version, state)])
    given(registered(TAX))
    caught = catch_up(given.connection, [AUDIT_TRAIL, DIRECTORY])
    assert [(one.name, one.parked_position) for one in caught.parked] == [("audit_trail", 2)]
    assert len(kit.rows(given.connection, DIRECTORY)) == 2
    assert len(kit.rows(given.connection, AUDIT_TRAIL)) == 1


def test_a_projection_whose_table_is_missing_does_not_stop_the_others(given: Given) -> None:
    given(made("tests.promise:1", None), registered(CIVIL))
    caught = catch_up(given.connection, [seen(stumbling), DIRECTORY])
    assert [one.name for one in caught.parked] == ["seen"]
    assert "seen" in (caught.parked[0].parked_reason or "")
    assert len(kit.rows(given.connection, DIRECTORY)) == 1


def test_one_more_projection_joins_and_all_share_one_pass(given: Given) -> None:
    connection = given(registered(CIVIL), registered(TAX)).shown_by(DIRECTORY)
    given(renamed(TAX, "国税局"))
    assert catch_up(connection, [DIRECTORY, AUDIT_TRAIL], batch=1).position == 3
    assert {one.position for one in standings(connection)} == {3}
    assert len(kit.rows(connection, AUDIT_TRAIL)) == 3


def test_a_query_waits_for_a_position(given: Given) -> None:
    connection = given(registered(CIVIL)).shown_by(DIRECTORY)
    wait_for(connection, 1)
    wait_for(connection, 1, names=["directory"])
    with pytest.raises(Behind, match="directory stands at 1 and did not reach 2"):
        wait_for(connection, 2, seconds_max=0.01)
    with pytest.raises(Behind, match="audit_trail stands at 0"):
        wait_for(connection, 1, names=["audit_trail"], seconds_max=0.01)


def test_nobody_waits_for_a_parked_projection(given: Given, table: psycopg.Connection) -> None:
    given(made(BAD, None))
    catch_up(table, [seen(stumbling)])
    with pytest.raises(Behind, match="I cannot count this"):
        wait_for(table, 1, seconds_max=60)


def test_another_version_is_left_to_a_rebuild(given: Given) -> None:
    connection = given(registered(CIVIL)).shown_by(DIRECTORY)
    newer = msgspec.structs.replace(DIRECTORY, version=DIRECTORY.version + 1)
    given(registered(TAX))
    catch_up(connection, [newer])
    assert standing_of(connection, "directory").position == 1
    rebuild(connection, [newer])
    after = standing_of(connection, "directory")
    assert (after.version, after.position, after.generation) == (newer.version, 2, 2)


def test_two_projections_cannot_share_a_table() -> None:
    with pytest.raises(ValueError, match="share a name"):
        catch_up(None, [DIRECTORY, DIRECTORY])  # type: ignore[arg-type] # refused before it connects
