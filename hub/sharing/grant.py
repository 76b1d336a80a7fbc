"""共享授权 Grant: who may use what, how, until when; and the access check of the edge.

Decree 809 §25, §27; DOMAIN §3.3.
"""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor, Role
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareMethod
from hub.departments.calendar import local_day
from hub.departments.due import Due
from hub.errors import Conflict
from hub.sharing.grant_events import (
    Disposal,
    DisposalConfirmed,
    DisposalOverdue,
    DisposalRequired,
    Ending,
    GrantActivated,
    GrantDueConfirmed,
    GrantEnded,
    GrantEvents,
    GrantExpired,
    GrantFirstUsed,
    GrantIssued,
    GrantResumed,
    GrantScopeExtended,
    GrantSuspended,
    GrantTerminated,
    Running,
)
from hub.sharing.kinds import GrantStatus as Status
from hub.state import State, States, begun
from hub.term import zh

_change = msgspec.structs.replace


class Stretch(msgspec.Struct, frozen=True):
    """Days on which a grant could be used, both included; open while `last` is None."""

    first: date
    last: date | None = None


class Grant(State, frozen=True, kw_only=True):
    """A grant as it stands; `usable` are the stretches in which it was active.

    `feedback_due` is the final feedback, once the grant has ended after some use (D-14).
    """

    STREAM = "sharing.grant"

    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    status: Status
    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    systems: tuple[str, ...]
    valid_from: date
    valid_to: date
    calls_per_day_max: int = 0
    disposal_days: int | None = None
    usable: tuple[Stretch, ...] = ()
    first_used_on: date | None = None
    suspended_by: Role | None = None
    rectify_by: date | None = None
    dispose_due: Due | None = None
    disposed_at: datetime | None = None
    disposal_overdue: bool = False
    feedback_due: Due | None = None

    def require(self, *allowed: Status) -> None:
        """Refuse what may be done only while the grant stands otherwise."""
        if self.status not in allowed:
            raise Conflict(
                f"the grant is {self.status}; this is possible only while it is"
                f" {' or '.join(allowed)}",
                f"授权当前状态为{zh(self.status)}，仅在{'、'.join(map(zh, allowed))}状态下可以办理",
                where="grant_id",
            )

    def usable_on(self, day: date) -> bool:
        """Say whether the grant could be used on a day, at least for a part of it."""
        if not self.valid_from <= day <= self.valid_to:
            return False
        return any(s.first <= day and (s.last is None or day <= s.last) for s in self.usable)


def permits(
    grant: Grant, item: str, method: ShareMethod, system: str, at: datetime, *, calls_today: int = 0
) -> bool:
    """Say whether an access is inside the grant: active, item, method, system, time and quota.

    `calls_today` are the calls already made on the day of `at` (China).
    """
    quota = grant.calls_per_day_max
    return (
        grant.status is Status.ACTIVE
        and grant.valid_from <= local_day(at) <= grant.valid_to
        and item in grant.items
        and method in grant.methods
        and system in grant.systems
        and (quota == 0 or calls_today < quota)
    )


def about(grant: Grant, by: Actor, at: datetime, states: States | None = None) -> dict[str, Any]:
    """Return what every event of a grant says; its case is the request.

    Grants follow the duty when an entry is handed over (S-22): with `states`, in which the entry
    must be loaded, the provider is today's.
    """
    provider = grant.provider_id
    if states is not None:
        provider = states.the(CatalogEntry, grant.entry_id).provider_id
    return {
        "at": at,
        "by": by,
        "correlation_id": grant.request_id,
        "grant_id": grant.grant_id,
        "request_id": grant.request_id,
        "entry_id": grant.entry_id,
        "requester_id": grant.requester_id,
        "provider_id": provider,
    }


def evolve(state: Grant | None, event: GrantEvents) -> Grant:
    """Fold a grant's events."""
    if isinstance(event, GrantIssued):
        return _issued(event)
    state = begun(state, event)
    state = _change(state, provider_id=event.provider_id)
    match event:
        case (
            GrantActivated()
            | GrantFirstUsed()
            | GrantScopeExtended()
            | GrantSuspended()
            | GrantResumed()
        ):
            return _ran(state, event)
        case GrantTerminated() | GrantExpired() | GrantEnded():
            return _ended(state, event)
        case DisposalRequired() | DisposalConfirmed() | DisposalOverdue() | GrantDueConfirmed():
            return _disposed(state, event)
        case _:
            assert_never(event)


def _issued(event: GrantIssued) -> Grant:
    return Grant(
        grant_id=event.grant_id,
        request_id=event.request_id,
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        status=Status.ISSUED,
        items=event.items,
        methods=event.methods,
        systems=event.systems,
        valid_from=event.valid_from,
        valid_to=event.valid_to,
        calls_per_day_max=event.calls_per_day_max,
        disposal_days=event.disposal_days,
    )


def _ran(state: Grant, event: Running) -> Grant:
    match event:
        case GrantActivated():
            return _opened(state, event.at)
        case GrantFirstUsed():
            return _change(state, first_used_on=event.used_on)
        case GrantScopeExtended():
            return _change(
                state,
                items=(*state.items, *event.items),
                methods=(*state.methods, *event.methods),
                systems=(*state.systems, *event.systems),
                valid_to=event.valid_to or state.valid_to,
            )
        case GrantSuspended():
            return _change(
                _closed(state, event.at),
                status=Status.SUSPENDED,
                suspended_by=event.by.role,
                rectify_by=event.rectify_by,
            )
        case GrantResumed():
            return _change(_opened(state, event.at), suspended_by=None, rectify_by=None)
        case _:
            assert_never(event)


def _opened(state: Grant, at: datetime) -> Grant:
    usable = (*state.usable, Stretch(local_day(at)))
    return _change(state, status=Status.ACTIVE, usable=usable)


def _closed(state: Grant, at: datetime) -> Grant:
    if not state.usable or state.usable[-1].last is not None:
        return state
    last = _change(state.usable[-1], last=local_day(at))
    return _change(state, usable=(*state.usable[:-1], last))


def _ended(state: Grant, event: Ending) -> Grant:
    closed = _change(_closed(state, event.at), feedback_due=event.due)
    match event:
        case GrantTerminated():
            return _change(closed, status=Status.TERMINATED)
        case GrantExpired():
            return _change(closed, status=Status.EXPIRED)
        case GrantEnded():
            return _change(closed, status=Status.ENDED)
        case _:
            assert_never(event)


def _disposed(state: Grant, event: Disposal) -> Grant:
    match event:
        case DisposalRequired():
            days = event.days or state.disposal_days
            return _change(
                state, status=Status.DISPOSING, dispose_due=event.due, disposal_days=days
            )
        case DisposalConfirmed():
            return _change(state, status=Status.CLOSED, disposed_at=event.at)
        case DisposalOverdue():
            return _change(state, disposal_overdue=True)
        case GrantDueConfirmed():
            return _change(state, dispose_due=event.due)
        case _:
            assert_never(event)
