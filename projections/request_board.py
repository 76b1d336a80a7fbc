"""申请看板 Request board: every sharing request, who must act and until when.

Decree 809 §20–§22. What is asked of the board, and its traffic light, stand in
`request_questions.py`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never

import msgspec

from hub.catalog.kinds import ShareMethod, ShareType
from hub.departments.due import Due, Duty
from hub.personal import Commitment
from hub.record import Recorded
from hub.sharing import events as e
from hub.sharing.kinds import AgreedVia, DeclineReason, ExtensionStatus, RequestStatus
from projections.projection import Key, Projection


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands.

    `duty` to `ends_at` are of the clock that runs, empty while none does; `late_id` is who would
    be late. `reason` is why it was declined or withdrawn.
    """

    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    status: RequestStatus
    scenario: str
    legal_basis_id: str
    article: str
    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    period_from: date
    period_to: date
    system_id: str
    service_item: str
    drafted_at: datetime
    share_type: ShareType | None = None
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    duty: Duty | None = None
    late_id: str = ""
    started_on: date | None = None
    due_on: date | None = None
    ends_at: datetime | None = None
    provisional: bool = False
    missing: tuple[str, ...] = ()
    countersigned: bool = False
    extension: ExtensionStatus = ExtensionStatus.NONE
    extension_days: int = 0
    answered_at: datetime | None = None
    agreed_via: AgreedVia | None = None
    conditions: tuple[str, ...] = ()
    grant_id: str = ""
    decline_reason: DeclineReason | None = None
    reason: str = ""
    reply_days: int | None = None
    fulfilled_at: datetime | None = None
    provision_days: int | None = None
    screening_overdue: bool = False
    reply_overdue: bool = False
    provision_overdue: bool = False
    handler_id: str = ""
    handler_name: Commitment = ""
    handler_phone: Commitment = ""


_change = msgspec.structs.replace


def keys(event: e.RequestEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the request."""
    del recorded
    return ((event.request_id,),)


def fold(
    key: Key, row: RequestRow | None, event: e.RequestEvents, recorded: Recorded
) -> RequestRow | None:
    """Fold one event into the request, and its clock with it."""
    del key, recorded
    if isinstance(event, e.RequestDrafted):
        return _drafted(event)
    if row is None:
        return None
    row = _ticked(_change(row, provider_id=event.provider_id), event)
    match event:
        case (
            e.RequestApprovedInternally()
            | e.RequestSubmitted()
            | e.RequestForwarded()
            | e.RequestReceived()
        ):
            return _prepared(row, event)
        case (
            e.SupplementRequested()
            | e.RequestSupplemented()
            | e.ReplyExtensionRequested()
            | e.ReplyExtensionGranted()
            | e.ReplyExtensionRefused()
            | e.RequestCountersigned()
        ):
            return _examined(row, event)
        case e.RequestAgreed() | e.RequestDeclined() | e.RequestWithdrawn() | e.RequestFulfilled():
            return _concluded(row, event)
        case e.ScreeningOverdue():
            return _change(row, screening_overdue=True)
        case e.ReplyOverdue():
            return _change(row, reply_overdue=True)
        case e.ProvisionOverdue():
            return _change(row, provision_overdue=True)
        case e.RequestDueConfirmed():
            return row
        case _:
            assert_never(event)


def _drafted(event: e.RequestDrafted) -> RequestRow:
    return RequestRow(
        request_id=event.request_id,
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        status=RequestStatus.DRAFT,
        scenario=event.scenario,
        legal_basis_id=event.basis.legal_basis_id if event.basis else "",
        article=event.basis.article if event.basis else "",
        items=event.items,
        methods=event.methods,
        period_from=event.period_from,
        period_to=event.period_to,
        system_id=event.system_id,
        service_item=event.service_item,
        drafted_at=event.at,
        handler_id=event.handler_id,
        handler_name=event.handler_name,
        handler_phone=event.handler_phone,
    )


def _ticked(row: RequestRow, event: e.RequestEvents) -> RequestRow:
    """Stop the clock the event stops, start or move the one it is due for."""
    due: Due | None = getattr(event, "due", None)
    if due is not None:
        return _clock(row, due)
    stopped = row.duty is not None and row.duty in event.STOPS
    return _clock(row, None) if stopped else row


def _clock(row: RequestRow, due: Due | None) -> RequestRow:
    if due is None:
        return _change(
            row,
            duty=None,
            late_id="",
            started_on=None,
            due_on=None,
            ends_at=None,
            provisional=False,
        )
    return _change(
        row,
        duty=due.duty,
        late_id=due.owner_id,
        started_on=due.started_on,
        due_on=due.on,
        ends_at=due.ends_at,
        provisional=due.provisional,
    )


def _prepared(row: RequestRow, event: e.Preparation) -> RequestRow:
    match event:
        case e.RequestApprovedInternally():
            return _change(row, status=RequestStatus.OK_INSIDE)
        case e.RequestSubmitted():
            return _change(row, status=RequestStatus.SUBMITTED, submitted_at=event.at)
        case e.RequestForwarded():
            return row
        case e.RequestReceived():
            return _change(
                row,
                status=RequestStatus.REVIEWING,
                received_at=event.at,
                share_type=event.share_type,
            )
        case _:
            assert_never(event)


def _examined(row: RequestRow, event: e.Examination) -> RequestRow:
    match event:
        case e.SupplementRequested():
            return _change(row, status=RequestStatus.WAITING, missing=event.missing)
        case e.RequestSupplemented():
            return _supplemented(row, event)
        case e.ReplyExtensionRequested():
            return _change(row, extension=ExtensionStatus.ASKED, extension_days=event.days)
        case e.ReplyExtensionGranted():
            return _change(row, extension=ExtensionStatus.GRANTED, extension_days=event.days)
        case e.ReplyExtensionRefused():
            return _change(row, extension=ExtensionStatus.REFUSED)
        case e.RequestCountersigned():
            return _change(row, countersigned=True)
        case _:
            assert_never(event)


def _supplemented(row: RequestRow, event: e.RequestSupplemented) -> RequestRow:
    return _change(
        row,
        status=RequestStatus.REVIEWING,
        countersigned=False,
        scenario=event.scenario or row.scenario,
        legal_basis_id=event.basis.legal_basis_id if event.basis else row.legal_basis_id,
        article=event.basis.article if event.basis else row.article,
        items=event.items or row.items,
        methods=event.methods or row.methods,
        period_from=event.period_from or row.period_from,
        period_to=event.period_to or row.period_to,
        system_id=event.system_id or row.system_id,
        service_item=event.service_item or row.service_item,
    )


def _concluded(row: RequestRow, event: e.Conclusion) -> RequestRow:
    match event:
        case e.RequestAgreed():
            return _change(
                row,
                status=RequestStatus.AGREED,
                answered_at=event.at,
                agreed_via=event.via,
                conditions=event.conditions,
                grant_id=event.grant_id,
                reply_days=event.took_days,
            )
        case e.RequestDeclined():
            return _change(
                row,
                status=RequestStatus.DECLINED,
                answered_at=event.at,
                decline_reason=event.reason_code,
                reason=event.reason,
                reply_days=event.took_days,
            )
        case e.RequestWithdrawn():
            return _change(row, status=RequestStatus.WITHDRAWN, reason=event.reason)
        case e.RequestFulfilled():
            return _change(
                row,
                status=RequestStatus.FULFILLED,
                fulfilled_at=event.at,
                provision_days=event.took_days,
            )
        case _:
            assert_never(event)


REQUEST_BOARD = Projection(
    name="request_board",
    version=2,
    row=RequestRow,
    key=("request_id",),
    reads=(e.RequestEvent,),
    keys=keys,
    fold=fold,
)
