"""政务部门 Organisation: who takes part, for which region, with which officers.

Decree 809 §3, §8–11.
"""

from datetime import datetime
from typing import assert_never

import msgspec

from hub.actor import Actor, Role
from hub.departments.commands import (
    AppointOfficer,
    DeactivateOrganization,
    DesignateSharingUnit,
    MergeOrganization,
    NameDeputy,
    RegisterOrganization,
    RelieveOfficer,
    RenameOrganization,
    TransferDuties,
)
from hub.departments.events import (
    DeputyNamed,
    DutiesTransferred,
    JurisdictionAssigned,
    OfficerAppointed,
    OfficerRelieved,
    OrganizationDeactivated,
    OrganizationEvents,
    OrganizationMerged,
    OrganizationRegistered,
    OrganizationRenamed,
    SharingUnitDesignated,
)
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict, Forbidden, Invalid
from hub.event import Basis
from hub.state import State, States, begun
from hub.term import zh

_KIND_OF_ROLE = {
    Role.AUTHORITY_REVIEWER: OrganizationKind.AUTHORITY,
    Role.AUTHORITY_MEDIATOR: OrganizationKind.AUTHORITY,
    Role.AUTHORITY_SUPERVISOR: OrganizationKind.AUTHORITY,
    Role.GOVERNMENT: OrganizationKind.GOVERNMENT,
    Role.AUDITOR: OrganizationKind.AUDIT_OFFICE,
}
"""Roles that exist only in one kind of organisation."""
_NEVER_APPOINTED = frozenset({Role.CLOCK, Role.OPERATOR})
_DIGITS_OF_A_LEVEL = 2


class Organization(State, frozen=True, kw_only=True):
    """An organisation as it stands. `officers` maps a person to the roles held."""

    STREAM = "departments.organization"

    name: str
    kind: OrganizationKind
    uscc: str
    region_code: str
    superior_id: str
    jurisdiction_code: str = ""
    sharing_unit: str = ""
    deputy_id: str = ""
    successor_id: str = ""
    duties: frozenset[str] = frozenset()
    officers: dict[str, frozenset[Role]] = msgspec.field(default_factory=dict)
    active: bool = True

    def covers(self, region_code: str) -> bool:
        """Say whether a region lies in this authority's jurisdiction (GB/T 2260 levels)."""
        own = self.jurisdiction_code
        while own.endswith("00"):
            own = own[:-_DIGITS_OF_A_LEVEL]
        return bool(own) and region_code.startswith(own)


def evolve(state: Organization | None, event: OrganizationEvents) -> Organization:
    """Fold an organisation's events."""
    if isinstance(event, OrganizationRegistered):
        return _registered(event)
    state = begun(state, event)
    change = msgspec.structs.replace
    match event:
        case OrganizationRenamed():
            return change(state, name=event.name)
        case OrganizationMerged():
            return change(state, successor_id=event.successor_id, active=False)
        case DutiesTransferred():
            return change(state, duties=state.duties - set(event.duties))
        case SharingUnitDesignated():
            return change(state, sharing_unit=event.unit)
        case OfficerAppointed():
            roles = state.officers.get(event.person_id, frozenset()) | {event.role}
            return change(state, officers={**state.officers, event.person_id: roles})
        case OfficerRelieved():
            roles = state.officers.get(event.person_id, frozenset()) - {event.role}
            return change(state, officers={**state.officers, event.person_id: roles})
        case JurisdictionAssigned():
            return change(state, jurisdiction_code=event.jurisdiction_code)
        case DeputyNamed():
            return change(state, deputy_id=event.deputy_id)
        case OrganizationDeactivated():
            return change(state, active=False)
        case _:
            assert_never(event)


def _registered(event: OrganizationRegistered) -> Organization:
    return Organization(
        name=event.name,
        kind=event.kind,
        uscc=event.uscc,
        region_code=event.region_code,
        superior_id=event.superior_id,
        duties=frozenset(event.duties),
    )


def require_sharing_unit(org: Organization) -> None:
    """Refuse what a department sends before it named its sharing office (Decree 809 §11)."""
    if not org.sharing_unit:
        raise Conflict(
            f"{org.name} has not named its sharing office; designate it first (Decree 809 §11)",
            f"{org.name}尚未明确共享工作机构，请先指定(条例第十一条)",
        )


def register(
    command: RegisterOrganization, states: States, by: Actor, at: datetime
) -> OrganizationRegistered:
    """Enter an organisation; an authorised one names the basis of its authorisation (§3)."""
    if states.maybe(Organization, command.org_id) is not None:
        raise Conflict(
            f"{command.org_id} is registered already", f"{command.org_id}已登记", where="org_id"
        )
    if command.kind is OrganizationKind.AUTHORIZED and command.authorized_by is None:
        raise Invalid(
            "an authorised organisation needs the legal basis of its authorisation",
            "法律法规授权组织必须写明授权依据",
            where="authorized_by",
        )
    if command.uscc is None and command.kind is not OrganizationKind.OTHER_ORGAN:
        raise Invalid(
            f"a body of kind {command.kind} has a unified social credit code; give it",
            f"{zh(command.kind)}类机构必须填写统一社会信用代码",
            where="uscc",
        )
    basis = command.authorized_by and Basis(command.authorized_by, command.authorized_article)
    return OrganizationRegistered(
        at=at,
        by=by,
        basis=basis or None,
        org_id=command.org_id,
        name=command.name,
        kind=command.kind,
        uscc=command.uscc or "",
        region_code=command.region_code,
        superior_id=command.superior_id or "",
        duties=command.duties,
    )


def rename(
    command: RenameOrganization, states: States, by: Actor, at: datetime
) -> OrganizationRenamed:
    """Give an organisation its new name."""
    org = active(states, command.org_id)
    if org.name == command.name:
        raise Conflict(f"it is already called {org.name}", f"名称已为{org.name}", where="name")
    return OrganizationRenamed(at=at, by=by, org_id=command.org_id, name=command.name)


def merge(
    command: MergeOrganization, states: States, by: Actor, at: datetime
) -> OrganizationMerged:
    """Merge an organisation into another; entries, grants and cases follow to the successor."""
    active(states, command.org_id)
    active(states, command.successor_id)
    if command.org_id == command.successor_id:
        raise Invalid(
            "an organisation cannot merge into itself", "机构不能并入自身", where="successor_id"
        )
    return OrganizationMerged(
        at=at, by=by, org_id=command.org_id, successor_id=command.successor_id
    )


def transfer_duties(
    command: TransferDuties, states: States, by: Actor, at: datetime
) -> DutiesTransferred:
    """Move duties; they must be the giver's."""
    org = active(states, command.org_id)
    active(states, command.receiver_id)
    strange = sorted(set(command.duties) - org.duties)
    if strange:
        raise Invalid(
            f"{org.name} does not have the duty “{strange[0]}”",
            f"{org.name}没有职责“{strange[0]}”",
            where="duties",
        )
    return DutiesTransferred(
        at=at,
        by=by,
        org_id=command.org_id,
        receiver_id=command.receiver_id,
        duties=command.duties,
    )


def designate_sharing_unit(
    command: DesignateSharingUnit, states: States, by: Actor, at: datetime
) -> SharingUnitDesignated:
    """Name the sharing office (Decree 809 §11)."""
    active(states, command.org_id)
    return SharingUnitDesignated(
        at=at,
        by=by,
        org_id=command.org_id,
        unit=command.unit,
        contact_id=command.contact_id,
        contact_name=command.contact_name,
        contact_phone=command.contact_phone,
    )


def appoint(command: AppointOfficer, states: States, by: Actor, at: datetime) -> OfficerAppointed:
    """Give a person a role; a department head appoints only inside the department's own roles."""
    org = active(states, command.org_id)
    kind = _KIND_OF_ROLE.get(command.role)
    if command.role in _NEVER_APPOINTED or (kind and org.kind is not kind):
        raise Forbidden(
            f"nobody can be {command.role} in an organisation of kind {org.kind}",
            f"{zh(org.kind)}类机构不能任命{zh(command.role)}",
            where="role",
        )
    if command.role in org.officers.get(command.person_id, frozenset()):
        raise Conflict(
            f"{command.person_id} is {command.role} already",
            f"{command.person_id}已担任{zh(command.role)}",
            where="person_id",
        )
    return OfficerAppointed(
        at=at,
        by=by,
        org_id=command.org_id,
        person_id=command.person_id,
        role=command.role,
        name=command.name,
        phone=command.phone,
    )


def relieve(command: RelieveOfficer, states: States, by: Actor, at: datetime) -> OfficerRelieved:
    """Take a role from a person."""
    org = states.the(Organization, command.org_id)
    if command.role not in org.officers.get(command.person_id, frozenset()):
        raise Conflict(
            f"{command.person_id} is not {command.role}",
            f"{command.person_id}未担任{zh(command.role)}",
            where="person_id",
        )
    return OfficerRelieved(
        at=at, by=by, org_id=command.org_id, person_id=command.person_id, role=command.role
    )


def name_deputy(command: NameDeputy, states: States, by: Actor, at: datetime) -> DeputyNamed:
    """Name who decides where this organisation would be judge in its own case."""
    active(states, command.org_id)
    deputy = active(states, command.deputy_id)
    if command.deputy_id == command.org_id or deputy.kind is not OrganizationKind.AUTHORITY:
        raise Invalid(
            "the deputy must be another authority", "代行机构须为另一主管部门", where="deputy_id"
        )
    return DeputyNamed(at=at, by=by, org_id=command.org_id, deputy_id=command.deputy_id)


def deactivate(
    command: DeactivateOrganization, states: States, by: Actor, at: datetime
) -> OrganizationDeactivated:
    """Close an organisation's part in the hub."""
    active(states, command.org_id)
    return OrganizationDeactivated(at=at, by=by, org_id=command.org_id, reason=command.reason)


def active(states: States, org_id: str) -> Organization:
    """Return an organisation that takes part; refuse one closed or merged."""
    org = states.the(Organization, org_id)
    if not org.active:
        raise Conflict(f"{org.name} is no longer active", f"{org.name}已停用或撤并", where=org_id)
    return org
