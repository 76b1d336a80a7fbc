"""个人信息 Personal data of one subject: erased on a ground, or restricted while law keeps it.

PIPL §47; who is still in office is relieved first, because his office needs his name.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.departments.calendar import end_of, local_day
from hub.departments.due import Due, Duty
from hub.departments.organization import Organization
from hub.departments.ruleset import rules_of
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.event import Basis
from hub.security.commands import (
    EraseAfterRetention,
    ErasePersonalData,
    LiftPersonalDataRestriction,
)
from hub.security.events import (
    PersonalDataErased,
    PersonalDataEvents,
    PersonalDataRestricted,
    PersonalDataRestrictionLifted,
    RetentionEnded,
)
from hub.security.kinds import ErasureGround, PersonalStatus
from hub.sharing.requesting import require_basis
from hub.state import State, States, begun

BACK_IN_OFFICE = "restored: holds an office again 已重新任职"
"""Why a restriction ends by itself without an erasure."""
_change = msgspec.structs.replace


class PersonalDataFile(State, frozen=True, kw_only=True):
    """How the personal data of one subject stands; `due` is the clock of a running restriction."""

    STREAM = "security.personal"

    subject_id: str
    org_id: str
    status: PersonalStatus
    ground: ErasureGround
    basis: Basis | None = None
    holder_ids: tuple[str, ...] = ()
    due: Due | None = None


def evolve(state: PersonalDataFile | None, event: PersonalDataEvents) -> PersonalDataFile:
    """Fold the events of one subject."""
    match event:
        case PersonalDataErased() | PersonalDataRestricted():
            restricted = isinstance(event, PersonalDataRestricted)
            return PersonalDataFile(
                subject_id=event.subject_id,
                org_id=event.org_id,
                status=PersonalStatus.RESTRICTED if restricted else PersonalStatus.ERASED,
                ground=event.ground,
                basis=event.basis,
                holder_ids=event.holder_ids if isinstance(event, PersonalDataRestricted) else (),
                due=event.due if isinstance(event, PersonalDataRestricted) else None,
            )
        case PersonalDataRestrictionLifted():
            return _change(begun(state, event), status=PersonalStatus.HELD, due=None)
        case RetentionEnded():
            return begun(state, event)
        case _:
            assert_never(event)


def erase(
    command: ErasePersonalData, states: States, by: Actor, at: datetime
) -> PersonalDataErased | PersonalDataRestricted:
    """Erase, or restrict while a statutory term of keeping runs (PIPL §47, last paragraph)."""
    file = states.maybe(PersonalDataFile, command.personal_id)
    holders = _holders(command, states, by)
    _require_out_of_office(command.subject_id, holders, states)
    basis = require_basis(states, command.basis.legal_basis_id, command.basis.article, at)
    facts: dict[str, Any] = {
        "at": at,
        "by": by,
        "basis": basis,
        "personal_id": command.personal_id,
        "subject_id": command.subject_id,
        "org_id": command.org_id,
        "ground": command.ground,
    }
    retention = _retention(command, states, at)
    if retention is None:
        _require_not_kept(file, at)
        return PersonalDataErased(**facts)
    until, retention_basis = retention
    due = _clock(states, command.org_id, until, at)
    return PersonalDataRestricted(
        **facts, until=until, retention_basis=retention_basis, holder_ids=holders, due=due
    )


def lift(
    command: LiftPersonalDataRestriction, states: States, by: Actor, at: datetime
) -> PersonalDataRestrictionLifted:
    """Take back a restriction; what was erased does not come back."""
    file = states.the(PersonalDataFile, command.personal_id)
    if file.status is not PersonalStatus.RESTRICTED:
        raise Conflict(
            f"nothing about {command.subject_id} is restricted",
            f"{command.subject_id}的个人信息未被限制处理",
            where="subject_id",
        )
    return PersonalDataRestrictionLifted(
        at=at,
        by=by,
        personal_id=command.personal_id,
        subject_id=file.subject_id,
        org_id=file.org_id,
        reason=command.reason,
    )


def erase_after_retention(
    command: EraseAfterRetention, states: States, by: Actor, at: datetime
) -> tuple[PersonalDataEvents, ...]:
    """Erase when the term of keeping is over; who holds an office again is left as he is."""
    file = states.the(PersonalDataFile, command.personal_id)
    if file.status is not PersonalStatus.RESTRICTED or file.due is None:
        raise Conflict("nothing is restricted here", "此处没有被限制处理的个人信息")
    if at < file.due.ends_at:
        raise Conflict(
            f"it must be kept to the end of {file.due.on}", f"法定保存期限至{file.due.on}届满"
        )
    facts: dict[str, Any] = {
        "at": at,
        "by": by,
        "personal_id": command.personal_id,
        "subject_id": file.subject_id,
        "org_id": file.org_id,
    }
    ended = RetentionEnded(**facts, until=file.due.on)
    if _in_office(file.subject_id, file.holder_ids, states):
        return ended, PersonalDataRestrictionLifted(**facts, reason=BACK_IN_OFFICE)
    return ended, PersonalDataErased(**facts, basis=file.basis, ground=file.ground)


def _holders(command: ErasePersonalData, states: States, by: Actor) -> tuple[str, ...]:
    """Return every organisation that keeps something; refuse where one is beyond the speaker."""
    if command.holder_ids is None:
        raise Invalid(
            "who keeps something about the subject was not looked up; send this over HTTP",
            "未查明个人信息的保存机构，请通过接口提交",
            where="holder_ids",
        )
    if not command.holder_ids:
        raise NotFound(
            f"nothing personal about {command.subject_id} is held",
            f"未保存{command.subject_id}的个人信息",
            where="subject_id",
        )
    holders = tuple(sorted({command.org_id, *command.holder_ids}))
    home = states.the(Organization, by.org_id)
    for each in holders:
        kept = states.the(Organization, each)
        if each != by.org_id and not home.covers(kept.region_code) and kept.deputy_id != by.org_id:
            raise Forbidden(
                f"{kept.name} keeps something about {command.subject_id} too; the authority over"
                " all of them decides",
                f"{kept.name}也保存有{command.subject_id}的个人信息，应由共同的主管部门办理",
                where="subject_id",
            )
    return holders


def _in_office(subject_id: str, holders: Iterable[str], states: States) -> str:
    """Return the name of an organisation in which the subject holds a role, else nothing."""
    person_id = subject_id.removeprefix("person:")
    for each in holders:
        org = states.the(Organization, each)
        if org.active and org.officers.get(person_id):
            return org.name
    return ""


def _require_out_of_office(subject_id: str, holders: Iterable[str], states: States) -> None:
    name = _in_office(subject_id, holders, states)
    if name:
        raise Conflict(
            f"{subject_id} still holds an office in {name}; relieve the officer first",
            f"{subject_id}仍在{name}任职，请先免职",
            where="subject_id",
        )


def _retention(
    command: ErasePersonalData, states: States, at: datetime
) -> tuple[date, Basis] | None:
    """Return until when and by which article the data must be kept, None where nothing wants it."""
    until, ref = command.retained_until, command.retention_basis
    if (until is None) != (ref is None):
        raise Invalid(
            "a term of keeping needs both its last day and the article that sets it",
            "保存期限须同时写明截止日期和法律依据条款",
            where="retention_basis" if ref is None else "retained_until",
        )
    if until is None or ref is None or at >= end_of(until):
        return None
    return until, require_basis(states, ref.legal_basis_id, ref.article, at)


def _require_not_kept(file: PersonalDataFile | None, at: datetime) -> None:
    if file is not None and file.due is not None and at < file.due.ends_at:
        raise Conflict(
            f"it must be kept to the end of {file.due.on} and is erased by itself then; lift the"
            " restriction first if it was a mistake",
            f"法定保存期限至{file.due.on}届满，届满后自动删除；如系误限，请先解除限制",
            where="subject_id",
        )


def _clock(states: States, org_id: str, until: date, at: datetime) -> Due:
    return Due(
        duty=Duty.ERASE,
        rule="retention",
        owner_id=org_id,
        started_on=local_day(at),
        on=until,
        ends_at=end_of(until),
        rule_version=rules_of(states).version,
    )
