"""常态化同意 Standing approval: the provider's head agrees beforehand, for an unconditional entry.

The law gives one working day to reply to an unconditional request (§21): a recorded decision
beforehand answers at once. It replaces neither the request nor the grant (trap 6).
"""

from datetime import datetime
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareType
from hub.errors import Conflict
from hub.sharing.commands import GiveStandingApproval, RevokeStandingApproval
from hub.sharing.events import StandingApprovalGiven, StandingApprovalRevoked, StandingEvents
from hub.sharing.scope import require_shareable
from hub.state import State, States, begun


class StandingApproval(State, frozen=True, kw_only=True):
    """Whether requests for an entry are agreed to beforehand, and who decided so."""

    STREAM = "sharing.standing"

    provider_id: str
    given: bool
    given_by: str

    def binds(self, provider_id: str) -> bool:
        """Say whether it was given, and by today's provider: a former one binds nobody."""
        return self.given and self.provider_id == provider_id


def evolve(state: StandingApproval | None, event: StandingEvents) -> StandingApproval:
    """Fold an entry's standing approval."""
    match event:
        case StandingApprovalGiven():
            provider, person = event.provider_id, event.by.person_id
            return StandingApproval(provider_id=provider, given=True, given_by=person)
        case StandingApprovalRevoked():
            state = begun(state, event)
            return msgspec.structs.replace(state, given=False)
        case _:
            assert_never(event)


def give(
    command: GiveStandingApproval, states: States, by: Actor, at: datetime
) -> StandingApprovalGiven:
    """Agree beforehand to every request for an unconditional entry in force."""
    entry = states.the(CatalogEntry, command.entry_id)
    content = entry.in_force()
    if require_shareable(content) is not ShareType.UNCONDITIONAL:
        raise Conflict(
            f"“{content.title}” is shared on conditions; every request for it is examined",
            f"“{content.title}”为有条件共享，须逐件审核",
            where="entry_id",
        )
    standing = states.maybe(StandingApproval, command.standing_id)
    if standing is not None and standing.binds(entry.provider_id):
        raise Conflict(
            f"{standing.given_by} gave a standing approval already",
            f"{standing.given_by}已作出常态化同意",
            where="entry_id",
        )
    return StandingApprovalGiven(
        at=at,
        by=by,
        standing_id=command.standing_id,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        reason=command.reason,
    )


def revoke(
    command: RevokeStandingApproval, states: States, by: Actor, at: datetime
) -> StandingApprovalRevoked:
    """Take the approval back; grants already issued stand."""
    standing = states.maybe(StandingApproval, command.standing_id)
    if standing is None or not standing.given:
        raise Conflict(
            "there is no standing approval to revoke", "没有可撤销的常态化同意", where="entry_id"
        )
    return StandingApprovalRevoked(
        at=at,
        by=by,
        standing_id=command.standing_id,
        entry_id=command.entry_id,
        provider_id=standing.provider_id,
        reason=command.reason,
    )
