"""What the tests of the vault say: an appointment with a name, and what the record says later."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from hub.actor import Actor, Role, Via
from hub.departments.commands import AppointOfficer
from hub.departments.due import Due, Duty
from hub.departments.events import OfficerAppointed
from hub.event import Basis
from hub.security.commands import personal_id_of
from hub.security.events import (
    PersonalDataErased,
    PersonalDataRestricted,
    PersonalDataRestrictionLifted,
)
from hub.security.kinds import ErasureGround

if TYPE_CHECKING:
    from hub.event import Event

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TAX = "departments.organization:tax"
BY = Actor(TAX, "tax.security", Role.SECURITY_OFFICER, Via.API)
CLERK = "person:tax.clerk"
NAME, PHONE = "欧阳若兰", "138-7310-4457"
APPOINT = AppointOfficer(
    org_id=TAX, person_id="tax.clerk", role=Role.CATALOGUER, name=NAME, phone=PHONE
)
OTHER = AppointOfficer(org_id=TAX, person_id="tax.other", role=Role.CATALOGUER, name="司马青")


def appointed(command: AppointOfficer) -> OfficerAppointed:
    """The event of an exchanged command."""
    return OfficerAppointed(
        at=AT,
        by=BY,
        org_id=command.org_id,
        person_id=command.person_id,
        role=command.role,
        name=command.name,
        phone=command.phone,
    )


def _about(subject_id: str) -> dict[str, Any]:
    return {
        "at": AT,
        "by": BY,
        "personal_id": personal_id_of(subject_id),
        "subject_id": subject_id,
        "org_id": TAX,
    }


def erased(subject_id: str = CLERK) -> Event:
    return PersonalDataErased(**_about(subject_id), ground=ErasureGround.PURPOSE_ENDED)


def lifted(subject_id: str = CLERK) -> Event:
    return PersonalDataRestrictionLifted(**_about(subject_id), reason="误限")


def restricted(subject_id: str = CLERK) -> Event:
    until = date(2028, 12, 31)
    due = Due(
        duty=Duty.ERASE,
        rule="retention",
        owner_id=TAX,
        started_on=AT.date(),
        on=until,
        ends_at=datetime(2028, 12, 31, 16, tzinfo=UTC),
        rule_version=0,
    )
    return PersonalDataRestricted(
        **_about(subject_id),
        ground=ErasureGround.PURPOSE_ENDED,
        until=until,
        retention_basis=Basis("departments.legal_basis:decree-809", "第二十九条"),
        holder_ids=(TAX,),
        due=due,
    )
