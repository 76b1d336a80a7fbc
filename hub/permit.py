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
from hub.state import States, unknown
from hub.term import term, zh


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


class Claim(msgspec.Struct, frozen=True):
    """A permit and what its path led to: an organisation's id, or the id that leads nowhere."""

    permit: Permit
    org_id: str = ""
    lost_id: str = ""


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


def admit(speaker: Speaker, claims: Sequence[Claim], states: States, what: str) -> Actor:
    """Return the actor in the first role some permit lets.

    Raises NotFound for an id that leads nowhere, but only to one whose role might have let him;
    else Forbidden with a sentence that names the roles that may.
    """
    home = None if speaker.standing is not None else states.maybe(Organization, speaker.org_id)
    held = held_roles(speaker, home)
    lost_id = ""
    for claim in claims:
        role = next((role for role in claim.permit.roles if role in held), None)
        if role and _in_scope(claim.permit.scope, claim.org_id, speaker, home, states):
            return Actor(speaker.org_id, speaker.person_id, role, speaker.via)
        if role:
            lost_id = lost_id or claim.lost_id
    if lost_id:
        raise unknown(lost_id)
    may = "; ".join(sorted({_words(claim) for claim in claims}))
    may_zh = "；".join(sorted({_words_zh(claim) for claim in claims}))
    raise Forbidden(
        f"you may not {what}: this is for {may}; you speak for {speaker.org_id}"
        f" as {', '.join(sorted(held)) or 'nobody appointed'}",
        f"您无权执行“{term(f'command.{what}', 'zh')}”：限{may_zh}；您代表{speaker.org_id}，"
        f"角色为{'、'.join(map(zh, sorted(held))) or '未任命'}",
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


_SCOPES_ZH = {
    Scope.OWN: "限本机构",
    Scope.OVER: "限其主管部门",
    Scope.REGION: "限所在区域主管部门",
    Scope.ANYWHERE: "",
}


def _words_zh(claim: Claim) -> str:
    roles = "/".join(map(zh, claim.permit.roles))
    where = f"{_SCOPES_ZH[claim.permit.scope]} {claim.org_id}"
    return f"{roles}（{where}）" if claim.org_id else roles


def _words(claim: Claim) -> str:
    roles = "/".join(claim.permit.roles)
    return f"{roles} ({claim.permit.scope} {claim.org_id})" if claim.org_id else roles
