"""Personal text never comes past the edge: the hub takes commitments, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import pytest

from hub import personal
from hub.actor import CLOCK, Role, Speaker, Via
from hub.command import Command
from hub.decide import RULES
from hub.departments.commands import AppointOfficer, DesignateSharingUnit
from hub.departments.events import OfficerAppointed
from hub.errors import Invalid
from hub.execute import Hub
from hub.feedback.commands import RequestCorrection
from hub.feedback.kinds import Defect
from hub.personal import Commitment, PersonalText, PlaintextError
from hub.sharing.commands import DraftSharingRequest
from tests.house.walk import concrete

if TYPE_CHECKING:
    from hub.record import Record

ORG = "departments.organization:tax"
APPOINT = AppointOfficer(
    org_id=ORG, person_id="tax.clerk", role=Role.CATALOGUER, name="王小芳", phone="0731-1234567"
)


def test_the_personal_texts_of_a_command_say_about_whom_they_are_and_who_keeps_them() -> None:
    assert personal.texts(APPOINT) == (
        PersonalText("name", "person:tax.clerk", ORG, "王小芳"),
        PersonalText("phone", "person:tax.clerk", ORG, "0731-1234567"),
    )
    assert personal.texts(APPOINT.model_copy(update={"name": "", "phone": ""})) == ()


def test_personal_text_about_nobody_is_refused() -> None:
    nobody = RequestCorrection(
        correction_id="feedback.correction:1",
        entry_id="catalog.entry:1",
        raiser_id=ORG,
        defect=Defect.INACCURATE,
        what="地址有误",
        records=1,
        statement="我已迁居",
    )
    with pytest.raises(Invalid, match="say of whom in citizen_id"):
        personal.texts(nobody)


def test_a_commitment_follows_from_salt_and_text_and_from_nothing_else() -> None:
    one = personal.commitment(b"salt", "王小芳")
    assert personal.is_commitment(one)
    assert one == personal.commitment(b"salt", "王小芳")
    assert one != personal.commitment(b"tlas", "王小芳")
    assert not personal.is_commitment(f"{one} ")
    assert not personal.is_commitment("王小芳")


@pytest.mark.anyio
async def test_the_hub_takes_no_command_that_was_not_exchanged_and_does_not_repeat_its_text() -> (
    None
):
    class Untouched:
        """Any question to this record would be an AttributeError."""

    record: Record = Untouched()  # type: ignore[assignment]  # the point of the test
    speaker = Speaker(ORG, "tax.head", Via.API)
    with pytest.raises(PlaintextError) as caught:
        await Hub(record).execute(APPOINT, speaker, datetime.now(UTC), command_id="command-1")
    assert "王小芳" not in str(caught.value)
    assert "AppointOfficer.name" in str(caught.value)


def test_an_exchanged_command_passes_and_is_otherwise_the_same() -> None:
    held = {name: personal.commitment(b"salt", name) for name in ("name", "phone")}
    command = personal.exchanged(APPOINT, held)
    personal.require_exchanged(command)
    assert command == APPOINT.model_copy(update=held)


def test_events_and_rows_say_which_of_their_fields_hold_commitments() -> None:
    class Row(msgspec.Struct):
        plain: str
        name: Commitment
        note: Annotated[str, msgspec.Meta(max_length=9)]

    assert personal.commitments_in(Row) == ("name",)
    assert personal.commitments_in(OfficerAppointed) == ("name", "phone")


def test_the_commands_with_personal_text_are_few_and_named_here() -> None:
    marked = {one: tuple(personal.fields_of(one)) for one in concrete(Command)}
    assert {one: fields for one, fields in marked.items() if fields} == {
        AppointOfficer: ("name", "phone"),
        DesignateSharingUnit: ("contact_name", "contact_phone"),
        DraftSharingRequest: ("handler_name", "handler_phone"),
        RequestCorrection: ("contact", "statement"),
    }


def test_every_mark_names_fields_of_its_command_and_no_process_of_ours_sends_personal_text() -> (
    None
):
    for command, rule in RULES.items():
        for mark in personal.fields_of(command).values():
            assert {mark.subject, mark.holder} <= set(command.model_fields), command
        if personal.fields_of(command):
            roles = {role for permit in rule.permits for role in permit.roles}
            assert CLOCK.standing not in roles, command
