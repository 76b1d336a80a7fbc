"""年报时限事实 The clocks behind “on time” and “late”, the same for every duty.

Facts: `due.<duty>` a term was set or moved, `done.<duty>` the duty was done, `void.<duty>` the
clock stopped without the duty being done (withdrawn, sent back for papers), `late.<duty>` the
clock process recorded the lapse. `figures.py` judges from these: done by the last day of the
term set last is on time; an overdue event, or done later, is late; what is void or still running
leaves both sides (DOMAIN §3.6).
"""

from functools import cache

import hub.decide  # noqa: F401 - its chapters enter their events in the registry
from hub.catalog.events import (
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntrySubmitted,
)
from hub.departments.due import Due, Duty
from hub.event import Event
from hub.feedback.events import (
    CorrectionReceived,
    CorrectionResultReturned,
    FeedbackAnswered,
    FeedbackDutyMet,
)
from hub.sharing.events import (
    RequestAgreed,
    RequestDeclined,
    RequestForwarded,
    RequestFulfilled,
)
from hub.sharing.grant_events import DisposalConfirmed
from hub.supervision.events import AuditResponseFiled, ReportFiled
from projections.annual_sources import Fact

JUDGED = frozenset(set(Duty) - {Duty.REFRESH, Duty.GRANT_END, Duty.ERASE})
"""Duties somebody can do in time or not; the end of a period is no duty, freshness has its own."""
_DOES: dict[type[Event], Duty] = {
    CatalogEntrySubmitted: Duty.UPDATE,
    CatalogEntryReturned: Duty.REVIEW,
    CatalogEntryPublished: Duty.REVIEW,
    RequestForwarded: Duty.SCREEN,
    RequestAgreed: Duty.REPLY,
    RequestDeclined: Duty.REPLY,
    RequestFulfilled: Duty.PROVIDE,
    DisposalConfirmed: Duty.DISPOSE,
    CorrectionReceived: Duty.SCREEN,
    CorrectionResultReturned: Duty.CORRECT,
    FeedbackDutyMet: Duty.FEEDBACK,
    FeedbackAnswered: Duty.ANSWER_FEEDBACK,
    ReportFiled: Duty.REPORT,
    AuditResponseFiled: Duty.AUDIT_ANSWER,
}
"""Which event does which duty; every other event that stops a clock only takes it away."""


@cache
def has_judged_clock(event: type[Event]) -> bool:
    """Say whether an event may set, stop or lapse the clock of a judged duty."""
    named = {*event.STOPS, event.LAPSES} & set(JUDGED)
    return bool(named) or "due" in event.__struct_fields__


def clock_facts(event: Event) -> list[Fact]:
    """Return what an event says about clocks: stopped, lapsed, then set."""
    kind = type(event)
    if not has_judged_clock(kind):
        return []
    facts = [
        _clock(event, "done" if _DOES.get(kind) == duty else "void", duty)
        for duty in kind.STOPS
        if duty in JUDGED
    ]
    if kind.LAPSES in JUDGED:
        missed: Due | None = getattr(event, "missed", None)
        due_on = missed.on if missed is not None else getattr(event, "due_on", None)
        facts.append(_clock(event, "late", kind.LAPSES, due_on=due_on))
    due: Due | None = getattr(event, "due", None)
    if due is not None and due.duty in JUDGED:
        label = "provisional" if due.provisional else ""
        facts.append(_clock(event, "due", due.duty, due_on=due.on, label=label, owner=due.owner_id))
    return facts


def _clock(
    event: Event, what: str, duty: str, *, due_on: object = None, label: str = "", owner: str = ""
) -> Fact:
    # A bare date or nothing; events of other kinds have no such field.
    return Fact(
        fact=f"{what}.{duty}",
        department_id=owner or event.department_id,
        case_id=event.clock_id,
        subject_id=getattr(event, "entry_id", ""),
        label=label,
        due_on=due_on,  # type: ignore[arg-type]  # read by name from an event's field
    )
