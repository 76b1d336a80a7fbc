"""管辖 Jurisdiction: an authority organises its own region and nobody else's (Decree 809 §8; S-25).

The terms, the calendar and the register of laws hold for the whole city: they are its first
authority's, as `rules.py` says.
"""

from datetime import datetime

from hub.actor import Actor
from hub.departments import organization
from hub.departments.commands import AssignJurisdiction, RegisterOrganization
from hub.departments.events import JurisdictionAssigned, OrganizationRegistered
from hub.departments.founding import Founding
from hub.departments.kinds import OrganizationKind
from hub.departments.organization import Organization
from hub.errors import Forbidden, Invalid
from hub.state import States


def register(
    command: RegisterOrganization, states: States, by: Actor, at: datetime
) -> OrganizationRegistered:
    """Enter an organisation of one's region; the city's first authority enters others too."""
    founding = states.maybe(Founding, command.founding_id)
    if founding is None or by.org_id != founding.authority_id:
        _require_inside(states, by, command.region_code, "region_code")
    return organization.register(command, states, by, at)


def assign(
    command: AssignJurisdiction, states: States, by: Actor, at: datetime
) -> JurisdictionAssigned:
    """Let an authority organise a region that lies in one's own."""
    org = organization.active(states, command.org_id)
    if org.kind not in {OrganizationKind.AUTHORITY, OrganizationKind.GOVERNMENT}:
        raise Invalid(
            f"{org.name} is no authority and cannot have a jurisdiction",
            f"{org.name}不是主管部门，不能划定管辖",
            where="org_id",
        )
    _require_inside(states, by, command.jurisdiction_code, "jurisdiction_code")
    return JurisdictionAssigned(
        at=at, by=by, org_id=command.org_id, jurisdiction_code=command.jurisdiction_code
    )


def _require_inside(states: States, by: Actor, region_code: str, where: str) -> None:
    home = states.the(Organization, by.org_id)
    if not home.covers(region_code):
        raise Forbidden(
            f"{region_code} lies outside the region of {home.name} ({home.jurisdiction_code})",
            f"{region_code}不在{home.name}管辖区域（{home.jurisdiction_code}）内",
            where=where,
        )
