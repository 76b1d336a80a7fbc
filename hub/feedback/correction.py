"""校核 Correction case: wrong data is put right at its source (Decree 809 §26).

How a case begins and finds its source stands in `correction_routing.py`, what the provider and
the raiser do with it in `correction_answer.py`.
"""

from datetime import datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.departments.due import Due, Duty
from hub.errors import Conflict
from hub.feedback import events as e
from hub.feedback.kinds import CorrectionStatus as Status
from hub.feedback.kinds import Verdict
from hub.state import State, States, begun
from hub.term import zh

_change = msgspec.structs.replace


class CorrectionCase(State, frozen=True, kw_only=True):
    """A case as it stands.

    `source_id` is who must answer once the case was passed on; before, it is whoever provides the
    entry now. `returned_by` are those who said it is not theirs. `forward_due` and `due` are the
    terms of the authority and of the answer, `overdue` those recorded as lapsed.
    """

    STREAM = "feedback.correction"

    entry_id: str
    raiser_id: str
    provider_id: str
    status: Status
    requested_at: datetime
    source_id: str = ""
    returned_by: frozenset[str] = frozenset()
    flagged: bool = False
    verdict: Verdict | None = None
    corrected: bool = False
    forward_due: Due | None = None
    received_at: datetime | None = None
    due: Due | None = None
    answered_at: datetime | None = None
    overdue: frozenset[Duty] = frozenset()

    @property
    def shown_entry_id(self) -> str:
        """Return the entry whose provider must answer; none once a source was named."""
        return "" if self.source_id else self.entry_id

    def require(self, *allowed: Status) -> None:
        """Refuse what may be done only while the case stands otherwise."""
        if self.status not in allowed:
            raise Conflict(
                f"the case is {self.status}; this is possible only while it is"
                f" {' or '.join(allowed)}",
                f"校核事项当前状态为{zh(self.status)}，"
                f"仅在{'、'.join(map(zh, allowed))}状态下可以办理",
                where="correction_id",
            )


def about(correction_id: str, states: States, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every event of a case says; an open case follows its entry (S-22)."""
    case = states.the(CorrectionCase, correction_id)
    provider = case.source_id or states.the(CatalogEntry, case.entry_id).provider_id
    return {
        "at": at,
        "by": by,
        "correction_id": correction_id,
        "entry_id": case.entry_id,
        "raiser_id": case.raiser_id,
        "provider_id": provider,
    }


def evolve(state: CorrectionCase | None, event: e.CorrectionEvents) -> CorrectionCase:
    """Fold a case's events."""
    if isinstance(event, e.CorrectionRequested):
        return CorrectionCase(
            entry_id=event.entry_id,
            raiser_id=event.raiser_id,
            provider_id=event.provider_id,
            status=Status.REQUESTED,
            requested_at=event.at,
            forward_due=event.due,
        )
    state = begun(state, event)
    state = _change(state, provider_id=event.provider_id)
    match event:
        case e.CorrectionReceived() | e.CorrectionReturned() | e.CorrectionDueConfirmed():
            return _routed(state, event)
        case e.RecordsFlagged() | e.FlagCleared():
            return _change(state, flagged=isinstance(event, e.RecordsFlagged))
        case e.CorrectionVerified():
            return _change(state, status=Status.VERIFIED, verdict=event.verdict)
        case e.DataCorrected():
            return _change(state, status=Status.CORRECTED, corrected=True)
        case e.CorrectionDeclined():
            return _change(state, status=Status.DECLINED)
        case e.CorrectionResultReturned():
            return _change(state, status=Status.ANSWERED, answered_at=event.at)
        case e.CorrectionConfirmed():
            return _change(state, status=Status.CLOSED)
        case e.CorrectionContested():
            return _change(state, status=Status.DISPUTED)
        case e.CorrectionOverdue() | e.ForwardingOverdue():
            return _change(state, overdue=state.overdue | {Duty(event.LAPSES)})
        case _:
            assert_never(event)


def _routed(state: CorrectionCase, event: e.Routing) -> CorrectionCase:
    match event:
        case e.CorrectionReceived():
            return _change(state, status=Status.RECEIVED, received_at=event.at, due=event.due)
        case e.CorrectionReturned():
            return _change(
                state,
                provider_id=event.source_id,
                source_id=event.source_id,
                returned_by=state.returned_by | {event.provider_id},
                due=event.due,
            )
        case e.CorrectionDueConfirmed():
            if event.due.duty is Duty.SCREEN:
                return _change(state, forward_due=event.due)
            return _change(state, due=event.due)
        case _:
            assert_never(event)
