"""The vault on a real database: in by the door, out by the window, gone for good."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from adapters.vault import door, shredder, window
from adapters.vault.sealing import MasterKey, VaultProblem
from hub.personal import is_commitment
from hub.security.kinds import PersonalStatus
from projections.connect import connect
from projections.directory import OfficerRow
from tests.adapters.vault.told import (
    APPOINT,
    AT,
    CLERK,
    NAME,
    OTHER,
    PHONE,
    TAX,
    appointed,
    erased,
    lifted,
    restricted,
)
from tests.projections import kit

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from hub.departments.commands import AppointOfficer
    from hub.event import Event
    from tests.servers import Database


def rows_of(connection: psycopg.Connection, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT * FROM desk.{table}".encode()).fetchall()


def shown(connection: psycopg.Connection, master: MasterKey, command: AppointOfficer) -> list[str]:
    """What a reader sees of an officer's line."""
    row = OfficerRow(TAX, command.person_id, "cataloguer", AT, command.name, command.phone)
    [row] = window.opened(connection, master, [row], OfficerRow, "zh")
    return [row.person_name, row.phone]


def carry_out(connection: psycopg.Connection, event: Event) -> bool:
    """Record an event of a subject and carry it out, as the reader of the record does."""
    kit.record(connection, [event])
    row = connection.execute(
        "SELECT version FROM record.streams WHERE stream_id = %s", (event.stream_id,)
    ).fetchone()
    assert row is not None
    with connection.transaction():
        return shredder.carry_out(connection, CLERK, row[0], event.TOPIC)


def test_what_goes_in_by_the_door_comes_out_by_the_window(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    assert is_commitment(command.name)
    assert is_commitment(command.phone)
    assert command == APPOINT.model_copy(update={"name": command.name, "phone": command.phone})
    assert shown(connection, master, command) == [NAME, PHONE]


def test_a_command_without_personal_text_leaves_no_trace(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    plain = APPOINT.model_copy(update={"name": "", "phone": ""})
    assert door.exchange(connection, master, plain, "command-1") is plain
    assert rows_of(connection, "personal_keys") == []


def test_no_table_holds_the_text(
    connection: psycopg.Connection, master: MasterKey, database: Database
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [appointed(command)])
    for table in ("personal_keys", "personal_values", "personal_subjects"):
        for row in rows_of(connection, table):
            stored = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
            assert NAME.encode() not in stored
            assert PHONE.encode() not in stored


def test_a_retry_is_exchanged_for_the_same_commitments(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    first = door.exchange(connection, master, APPOINT, "command-1")
    assert door.exchange(connection, master, APPOINT, "command-1") == first
    assert door.exchange(connection, master, APPOINT, "command-2") != first
    assert len(rows_of(connection, "personal_keys")) == 1
    assert len(rows_of(connection, "personal_values")) == 4


def test_only_declared_fields_are_opened_not_a_commitment_somebody_copied(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    copied = OfficerRow(TAX, command.name, command.phone, AT)
    [row] = window.opened(connection, master, [copied], OfficerRow, "zh")
    assert row == copied
    # Nor does a commitment entered as text become the text behind it.
    again = APPOINT.model_copy(update={"name": command.name, "phone": ""})
    entered = door.exchange(connection, master, again, "command-2")
    assert shown(connection, master, entered) == [command.name, ""]


def test_an_erasure_shows_before_anything_is_deleted(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [appointed(command), erased()])
    assert shown(connection, master, command) == ["已删除", "已删除"]


def test_carried_out_nothing_is_left_to_open_and_the_words_stay(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    other = door.exchange(connection, master, OTHER, "command-2")
    assert carry_out(connection, erased())
    keys = connection.execute(
        "SELECT wrapped_key FROM desk.personal_keys WHERE subject_id = %s", (CLERK,)
    ).fetchall()
    assert keys == [(None,)]
    texts = connection.execute(
        "SELECT count(ciphertext) FROM desk.personal_values WHERE subject_id = %s", (CLERK,)
    ).fetchone()
    assert texts == (0,)
    assert shown(connection, master, command) == ["已删除", "已删除"]
    assert shown(connection, master, other) == ["司马青", ""]


def test_restricted_text_is_kept_but_not_shown_and_comes_back_when_lifted(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [restricted()])
    assert shown(connection, master, command) == ["已限制", "已限制"]
    kit.record(connection, [lifted()])
    assert shown(connection, master, command) == [NAME, PHONE]


def test_a_restriction_whose_event_went_to_the_archive_still_holds(
    connection: psycopg.Connection, master: MasterKey, database: Database
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    assert carry_out(connection, restricted())
    kit.empty(database)
    assert shown(connection, master, command) == ["已限制", "已限制"]


def test_who_is_entered_again_gets_a_new_key_that_the_old_erasure_does_not_touch(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    first = door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [erased()])
    # Recorded but not carried out yet: the new text is already of the next generation.
    second = door.exchange(connection, master, APPOINT, "command-2")
    with connection.transaction():
        assert shredder.carry_out(connection, CLERK, 1, erased().TOPIC)
    assert shown(connection, master, first) == ["已删除", "已删除"]
    assert shown(connection, master, second) == [NAME, PHONE]
    with connection.transaction():
        assert not shredder.carry_out(connection, CLERK, 1, erased().TOPIC)
    assert shown(connection, master, second) == [NAME, PHONE]
    assert carry_out(connection, erased())
    assert shown(connection, master, second) == ["已删除", "已删除"]


def test_a_retry_after_the_erasure_does_not_bring_the_text_back(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    first = door.exchange(connection, master, APPOINT, "kit:0")  # the id under which kit records
    kit.record(connection, [appointed(first)])
    assert carry_out(connection, erased())
    before = rows_of(connection, "personal_keys"), rows_of(connection, "personal_values")
    again = door.exchange(connection, master, APPOINT, "kit:0")
    assert again != first
    assert (rows_of(connection, "personal_keys"), rows_of(connection, "personal_values")) == before


def test_who_is_sealing_while_the_erasure_is_carried_out_is_waited_for(
    connection: psycopg.Connection, master: MasterKey, database: Database
) -> None:
    door.exchange(connection, master, APPOINT, "command-1")
    with connect(database.app_url) as sealing:
        with sealing.transaction():
            late = door.exchange(sealing, master, APPOINT, "command-2")
            thread = threading.Thread(target=carry_out, args=(connection, erased()))
            thread.start()
            thread.join(0.3)
            assert thread.is_alive(), "the erasure did not wait for the text on its way"
        thread.join()
        assert shown(sealing, master, late) == ["已删除", "已删除"]
        row = sealing.execute("SELECT count(ciphertext) FROM desk.personal_values").fetchone()
        assert row == (0,)


def test_texts_of_commands_that_were_never_recorded_are_swept_after_an_hour(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    taken = door.exchange(connection, master, APPOINT, "kit:0")
    kit.record(connection, [appointed(taken)])
    refused = door.exchange(connection, master, APPOINT, "command-refused")
    assert shredder.sweep(connection) == 0
    connection.execute("UPDATE desk.personal_values SET created_at = now() - interval '2 hours'")
    assert shredder.sweep(connection) == 2
    assert shown(connection, master, taken) == [NAME, PHONE]
    assert shown(connection, master, refused) == ["无法读取", "无法读取"]


def test_what_is_kept_about_a_subject_can_be_listed_and_a_refused_command_kept_nothing(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    taken = door.exchange(connection, master, APPOINT, "kit:0")
    kit.record(connection, [appointed(taken)])
    door.exchange(connection, master, APPOINT, "command-refused")
    held = window.held_about(connection, master, CLERK)
    assert [(one.command, one.field, one.holder_id, one.text) for one in held] == [
        ("AppointOfficer", "name", TAX, NAME),
        ("AppointOfficer", "phone", TAX, PHONE),
    ]
    assert window.holders_of(connection, CLERK) == {TAX}
    assert carry_out(connection, erased())
    held = window.held_about(connection, master, CLERK)
    assert [(one.status, one.text) for one in held] == [(PersonalStatus.ERASED, "")] * 2
    assert window.holders_of(connection, CLERK) == set()


def test_another_key_file_opens_nothing_and_seals_nothing_under_the_old_key(
    connection: psycopg.Connection, master: MasterKey, tmp_path: Path
) -> None:
    command = door.exchange(connection, master, APPOINT, "command-1")
    other = MasterKey.at(tmp_path / "other.key")
    assert shown(connection, other, command) == ["无法读取", "无法读取"]
    with pytest.raises(VaultProblem, match="not the one that sealed"):
        door.exchange(connection, other, APPOINT, "command-2")
    newcomer = APPOINT.model_copy(update={"person_id": "civil.newcomer"})
    with pytest.raises(VaultProblem, match="not the one that sealed"):
        door.exchange(connection, other, newcomer, "command-3")


def test_a_text_exchanged_for_another_in_the_tables_is_not_shown(
    connection: psycopg.Connection, master: MasterKey
) -> None:
    one = door.exchange(connection, master, APPOINT, "command-1")
    two = door.exchange(connection, master, APPOINT, "command-2")
    connection.execute(
        "UPDATE desk.personal_values SET ciphertext = (SELECT ciphertext FROM"
        " desk.personal_values WHERE commitment = %s) WHERE commitment = %s",
        (two.name, one.name),
    )
    assert shown(connection, master, one) == ["无法读取", PHONE]
