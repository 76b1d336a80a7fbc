"""共享申请 Sharing request: where it stands, its clocks, its one answer (Decree 809 §20–§22)."""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareMethod, ShareType
from hub.departments.due import Due, Duty
from hub.errors import Conflict
from hub.event import Basis
from hub.sharing.commands import standing_id_of
from hub.sharing.events import (
    Conclusion,
    Examination,
    Lapse,
    Preparation,
    ProvisionOverdue,
    ReplyExtensionGranted,
    ReplyExtensionRefused,
    ReplyExtensionRequested,
    ReplyOverdue,
    RequestAgreed,
    RequestApprovedInternally,
    RequestCountersigned,
    RequestDeclined,
    RequestDrafted,
    RequestDueConfirmed,
    RequestEvents,
    RequestForwarded,
    RequestFulfilled,
    RequestReceived,
    RequestSubmitted,
    RequestSupplemented,
    RequestWithdrawn,
    ScreeningOverdue,
    SupplementRequested,
)
from hub.sharing.kinds import ExtensionStatus
from hub.sharing.kinds import RequestStatus as Status
from hub.state import State, States, begun
from hub.term import zh

_change = msgspec.structs.replace


class SharingRequest(State, frozen=True, kw_only=True):
    """A request as it stands.

    Of each of its three clocks (screening, reply, provision) it keeps the term, when the duty was
    done, and whether the lapse was recorded. `extra_days` were added to the reply term.
    """

    STREAM = "sharing.request"

    entry_id: str
    requester_id: str
    provider_id: str
    status: Status
    basis: Basis
    scenario: str
    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    period_from: date
    period_to: date
    system_id: str
    service_item: str
    calls_per_day_max: int
    drafted_by: str
    approved_by: str = ""
    share_type: ShareType | None = None
    entry_version: int = 0
    supplement_asked: bool = False
    countersigned_by: str = ""
    extension: ExtensionStatus = ExtensionStatus.NONE
    extension_days: int = 0
    extra_days: int = 0
    screen_due: Due | None = None
    screened_at: datetime | None = None
    reply_due: Due | None = None
    answered_at: datetime | None = None
    provide_due: Due | None = None
    agreed_at: datetime | None = None
    fulfilled_at: datetime | None = None
    overdue: frozenset[Duty] = frozenset()
    grant_id: str = ""

    @property
    def due(self) -> Due | None:
        """Return the clock that runs, if one does."""
        match self.status:
            case Status.SUBMITTED:
                return self.screen_due
            case Status.REVIEWING:
                return self.reply_due
            case Status.AGREED:
                return self.provide_due
            case _:
                return None

    @property
    def legal_basis_id(self) -> str:
        """Return the legal basis the request rests on; a path of `hub.rule`."""
        return self.basis.legal_basis_id

    @property
    def standing_id(self) -> str:
        """Return the stream of the entry's standing approval; a path of `hub.rule`."""
        return standing_id_of(self.entry_id)

    def supplemented(self, event: RequestSupplemented) -> "SharingRequest":
        """Return the request with what its supplement changed, under review again."""
        return _change(
            self,
            status=Status.REVIEWING,
            reply_due=event.due,
            extra_days=0,
            # What was countersigned may no longer be what is asked.
            countersigned_by="",
            basis=event.basis or self.basis,
            scenario=event.scenario or self.scenario,
            items=event.items or self.items,
            methods=event.methods or self.methods,
            period_from=event.period_from or self.period_from,
            period_to=event.period_to or self.period_to,
            system_id=event.system_id or self.system_id,
            service_item=event.service_item or self.service_item,
        )

    def require(self, *allowed: Status) -> None:
        """Refuse what may be done only while the request stands otherwise."""
        if self.status not in allowed:
            raise Conflict(
                f"the request is {self.status}; this is possible only while it is"
                f" {' or '.join(allowed)}",
                f"申请当前状态为{zh(self.status)}，仅在{'、'.join(map(zh, allowed))}状态下可以办理",
                where="request_id",
            )


def about(
    request_id: str, states: States, by: Actor, at: datetime, *, follow: bool = False
) -> dict[str, Any]:
    """Return what every event of a request says; with `follow`, of the entry's present provider.

    Open cases follow the duty when an entry is handed over (S-22); `follow` needs the entry loaded.
    """
    request = states.the(SharingRequest, request_id)
    provider = request.provider_id
    if follow:
        provider = states.the(CatalogEntry, request.entry_id).provider_id
    return {
        "at": at,
        "by": by,
        "request_id": request_id,
        "entry_id": request.entry_id,
        "requester_id": request.requester_id,
        "provider_id": provider,
    }


def evolve(state: SharingRequest | None, event: RequestEvents) -> SharingRequest:
    """Fold a request's events."""
    if isinstance(event, RequestDrafted):
        return _drafted(event)
    state = begun(state, event)
    state = _change(state, provider_id=event.provider_id)
    match event:
        case (
            RequestApprovedInternally()
            | RequestSubmitted()
            | RequestForwarded()
            | RequestReceived()
        ):
            return _prepared(state, event)
        case (
            SupplementRequested()
            | RequestSupplemented()
            | ReplyExtensionRequested()
            | ReplyExtensionGranted()
            | ReplyExtensionRefused()
            | RequestCountersigned()
        ):
            return _examined(state, event)
        case RequestAgreed() | RequestDeclined() | RequestWithdrawn() | RequestFulfilled():
            return _concluded(state, event)
        case ScreeningOverdue() | ReplyOverdue() | ProvisionOverdue() | RequestDueConfirmed():
            return _lapsed(state, event)
        case _:
            assert_never(event)


def _drafted(event: RequestDrafted) -> SharingRequest:
    return SharingRequest(
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        status=Status.DRAFT,
        basis=event.basis or Basis(""),
        scenario=event.scenario,
        items=event.items,
        methods=event.methods,
        period_from=event.period_from,
        period_to=event.period_to,
        system_id=event.system_id,
        service_item=event.service_item,
        calls_per_day_max=event.calls_per_day_max,
        drafted_by=event.by.person_id,
    )


def _prepared(state: SharingRequest, event: Preparation) -> SharingRequest:
    match event:
        case RequestApprovedInternally():
            return _change(state, status=Status.OK_INSIDE, approved_by=event.by.person_id)
        case RequestSubmitted():
            return _change(state, status=Status.SUBMITTED, screen_due=event.due)
        case RequestForwarded():
            return _change(state, screened_at=event.at)
        case RequestReceived():
            return _change(
                state,
                status=Status.REVIEWING,
                share_type=event.share_type,
                entry_version=event.entry_version,
                reply_due=event.due,
            )
        case _:
            assert_never(event)


def _examined(state: SharingRequest, event: Examination) -> SharingRequest:
    match event:
        case SupplementRequested():
            # The clock stands still: nobody is late while the requester is asked.
            waiting = Status.WAITING
            return _change(state, status=waiting, supplement_asked=True, reply_due=None)
        case RequestSupplemented():
            return state.supplemented(event)
        case ReplyExtensionRequested():
            return _change(state, extension=ExtensionStatus.ASKED, extension_days=event.days)
        case ReplyExtensionGranted():
            granted, days = ExtensionStatus.GRANTED, event.days
            return _change(state, extension=granted, extra_days=days, reply_due=event.due)
        case ReplyExtensionRefused():
            return _change(state, extension=ExtensionStatus.REFUSED)
        case RequestCountersigned():
            return _change(state, countersigned_by=event.by.person_id)
        case _:
            assert_never(event)


def _concluded(state: SharingRequest, event: Conclusion) -> SharingRequest:
    match event:
        case RequestAgreed():
            return _change(
                state,
                status=Status.AGREED,
                answered_at=event.at,
                agreed_at=event.at,
                provide_due=event.due,
                grant_id=event.grant_id,
            )
        case RequestDeclined():
            return _change(state, status=Status.DECLINED, answered_at=event.at)
        case RequestWithdrawn():
            screened = state.screened_at or event.at
            status = Status.WITHDRAWN
            return _change(state, status=status, answered_at=event.at, screened_at=screened)
        case RequestFulfilled():
            return _change(state, status=Status.FULFILLED, fulfilled_at=event.at)
        case _:
            assert_never(event)


def _lapsed(state: SharingRequest, event: Lapse) -> SharingRequest:
    match event:
        case ScreeningOverdue():
            return _change(state, overdue=state.overdue | {Duty.SCREEN})
        case ReplyOverdue():
            return _change(state, overdue=state.overdue | {Duty.REPLY})
        case ProvisionOverdue():
            return _change(state, overdue=state.overdue | {Duty.PROVIDE})
        case RequestDueConfirmed():
            name = {Duty.SCREEN: "screen_due", Duty.REPLY: "reply_due"}.get(event.due.duty)
            return _change(state, **{name or "provide_due": event.due})
        case _:
            assert_never(event)
