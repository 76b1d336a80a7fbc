"""Who may do what, in one place: roles come from the record's own appointments (DOMAIN §3.4).

A permit names roles and a scope. *Own*: the organisation at the path is the speaker's. *Over*: it
lies in the jurisdiction of the speaker's authority and is not that authority itself, which is a
party then and leaves the matter to its superior or to a named deputy (separation of duty).
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from hub.actor import Actor, Role, Speaker
from hub.departments.organization import Organization
from hub.errors import Forbidden
from hub.state import States


class Scope(StrEnum):
    """How the speaker's organisation must relate to the organisation at the path."""

    OWN = "own"
    OVER = "over"
    REGION = "region"
    ANYWHERE = "anywhere"


class Permit(msgspec.Struct, frozen=True):
    """These roles, in this scope. `path` leads from the command to an organisation's id."""

    scope: Scope
    path: str
    roles: tuple[Role, ...]


def own(path: str, *roles: Role) -> Permit:
    """Let these roles of the organisation at the path."""
    return Permit(Scope.OWN, path, roles)


def over(path: str, *roles: Role) -> Permit:
    """Let these roles of an authority over the organisation at the path, never of itself."""
    return Permit(Scope.OVER, path, roles)


def region(path: str, *roles: Role) -> Permit:
    """Let these roles of the authority in whose region the organisation is, itself included."""
    return Permit(Scope.REGION, path, roles)


def anywhere(*roles: Role) -> Permit:
    """Let these roles whatever organisation is concerned."""
    return Permit(Scope.ANYWHERE, "", roles)


def held_roles(speaker: Speaker, home: Organization | None) -> frozenset[Role]:
    """Return the roles a speaker holds: his appointments and what the edge says he is."""
    standing = frozenset[Role]() if speaker.standing is None else frozenset({speaker.standing})
    if home is None or not home.active:
        return standing
    return standing | home.officers.get(speaker.person_id, frozenset())


def admit(
    speaker: Speaker, permits: Sequence[tuple[Permit, str]], states: States, what: str
) -> Actor:
    """Return the actor in the first role some permit lets; `permits` come with the id they mean.

    Raises Forbidden with a sentence that names the roles that may.
    """
    home = None if speaker.standing is not None else states.maybe(Organization, speaker.org_id)
    held = held_roles(speaker, home)
    for permit, org_id in permits:
        role = next((role for role in permit.roles if role in held), None)
        if role and _in_scope(permit.scope, org_id, speaker, home, states):
            return Actor(speaker.org_id, speaker.person_id, role, speaker.via)
    may = "; ".join(sorted({_words(permit, org_id) for permit, org_id in permits}))
    raise Forbidden(
        f"you may not {what}: this is for {may}; you speak for {speaker.org_id}"
        f" as {', '.join(sorted(held)) or 'nobody appointed'}",
        f"您无权执行“{what}”：限{may}；您代表{speaker.org_id}，"
        f"角色为{'、'.join(sorted(held)) or '未任命'}",
    )


def _in_scope(
    scope: Scope, org_id: str, speaker: Speaker, home: Organization | None, states: States
) -> bool:
    if scope is Scope.ANYWHERE:
        return True
    itself = org_id == speaker.org_id
    if home is None or not org_id:
        return False
    if scope is Scope.OWN:
        # After a merger the successor acts for the organisation that was (S-22).
        return itself or states.the(Organization, org_id).successor_id == speaker.org_id
    if itself:
        return scope is Scope.REGION
    about = states.the(Organization, org_id)
    return about.deputy_id == speaker.org_id or home.covers(about.region_code)


def _words(permit: Permit, org_id: str) -> str:
    roles = "/".join(permit.roles)
    return roles if permit.scope is Scope.ANYWHERE else f"{roles} ({permit.scope} {org_id})"
