"""The hub's beginning: the operator founds the first authority, once, and its head goes on."""

from datetime import datetime

from hub.actor import Actor, Role
from hub.departments.commands import EstablishAuthority
from hub.departments.events import (
    HubFounded,
    JurisdictionAssigned,
    OfficerAppointed,
    OrganizationRegistered,
)
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict
from hub.event import Event
from hub.state import State, States


class Founding(State, frozen=True, kw_only=True):
    """The hub has been founded by this authority."""

    STREAM = "departments.founding"

    authority_id: str


def evolve(state: Founding | None, event: HubFounded) -> Founding:
    """Fold the one event of the founding."""
    return state or Founding(authority_id=event.authority_id)


def establish(
    command: EstablishAuthority, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Register the first authority with its region and head; refused the second time."""
    founding = states.maybe(Founding, command.founding_id)
    if founding is not None:
        raise Conflict(
            f"the hub was founded by {founding.authority_id}; its officers register the others",
            f"本系统已由{founding.authority_id}建立，其他机构由其登记",
        )
    org_id, head = command.org_id, command.head_id
    return (
        HubFounded(at=at, by=by, founding_id=command.founding_id, authority_id=org_id),
        OrganizationRegistered(
            at=at,
            by=by,
            org_id=org_id,
            name=command.name,
            kind=OrganizationKind.AUTHORITY,
            uscc=command.uscc,
            region_code=command.region_code,
        ),
        JurisdictionAssigned(at=at, by=by, org_id=org_id, jurisdiction_code=command.region_code),
        OfficerAppointed(at=at, by=by, org_id=org_id, person_id=head, role=Role.DEPARTMENT_HEAD),
        OfficerAppointed(at=at, by=by, org_id=org_id, person_id=head, role=Role.AUTHORITY_REVIEWER),
    )
