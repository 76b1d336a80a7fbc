"""依据 Legal basis: the register of laws and documents that commands and entries cite."""

from datetime import date, datetime
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.departments.commands import AmendLegalBasis, RegisterLegalBasis, RepealLegalBasis
from hub.departments.events import (
    LegalBasisAmended,
    LegalBasisEvents,
    LegalBasisRegistered,
    LegalBasisRepealed,
)
from hub.departments.kinds import FORBIDDING_RANKS, LegalRank
from hub.errors import Conflict, Invalid
from hub.state import State, States, begun


class LegalBasis(State, frozen=True, kw_only=True):
    """A document that can be cited; `repealed_on` is its last day plus one."""

    STREAM = "departments.legal_basis"

    title: str
    number: str
    rank: LegalRank
    valid_from: date
    valid_to: date | None
    repealed_on: date | None = None

    def in_force(self, on: date) -> bool:
        """Say whether the document applies on a day."""
        ended = self.repealed_on is not None and on >= self.repealed_on
        past = self.valid_to is not None and on > self.valid_to
        return self.valid_from <= on and not ended and not past

    def may_forbid(self, on: date) -> bool:
        """Say whether class 3 may rest on it: law, regulation or decision (Decree 809 §14)."""
        return self.rank in FORBIDDING_RANKS and self.in_force(on)


def evolve(state: LegalBasis | None, event: LegalBasisEvents) -> LegalBasis:
    """Fold a document's events."""
    if isinstance(event, LegalBasisRegistered):
        return LegalBasis(
            title=event.title,
            number=event.number,
            rank=event.rank,
            valid_from=event.valid_from,
            valid_to=event.valid_to,
        )
    state = begun(state, event)
    match event:
        case LegalBasisAmended():
            return msgspec.structs.replace(
                state, title=event.title or state.title, number=event.number or state.number
            )
        case LegalBasisRepealed():
            return msgspec.structs.replace(state, repealed_on=event.repealed_on)
        case _:
            assert_never(event)


def register(
    command: RegisterLegalBasis, states: States, by: Actor, at: datetime
) -> LegalBasisRegistered:
    """Enter a document in the register."""
    if states.maybe(LegalBasis, command.legal_basis_id) is not None:
        raise Conflict(
            f"{command.legal_basis_id} is registered already",
            f"{command.legal_basis_id}已登记",
            where="legal_basis_id",
        )
    if command.valid_to is not None and command.valid_to < command.valid_from:
        raise Invalid("valid_to lies before valid_from", "失效日期早于生效日期", where="valid_to")
    return LegalBasisRegistered(
        at=at,
        by=by,
        legal_basis_id=command.legal_basis_id,
        title=command.title,
        number=command.number,
        rank=command.rank,
        issuer=command.issuer,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
    )


def amend(command: AmendLegalBasis, states: States, by: Actor, at: datetime) -> LegalBasisAmended:
    """Record a change on the day it took effect, not the day somebody noticed (trap 2)."""
    _in_force(states, command.legal_basis_id, command.changed_on)
    return LegalBasisAmended(
        at=at,
        by=by,
        legal_basis_id=command.legal_basis_id,
        changed_on=command.changed_on,
        summary=command.summary,
        title=command.title,
        number=command.number,
    )


def repeal(
    command: RepealLegalBasis, states: States, by: Actor, at: datetime
) -> LegalBasisRepealed:
    """Record that a document is no longer in force."""
    _in_force(states, command.legal_basis_id, command.repealed_on)
    return LegalBasisRepealed(
        at=at,
        by=by,
        legal_basis_id=command.legal_basis_id,
        repealed_on=command.repealed_on,
        reason=command.reason,
    )


def _in_force(states: States, legal_basis_id: str, on: date) -> LegalBasis:
    basis = states.the(LegalBasis, legal_basis_id)
    if not basis.in_force(on):
        raise Conflict(
            f"“{basis.title}” is not in force on {on}",
            f"《{basis.title}》在{on}不具效力",
            where="legal_basis_id",
        )
    return basis
