"""What happens to sharing requests and standing approvals (Decree 809 §20–§22).

What happens to the grants that follow stands in `grant_events.py`.
"""

from datetime import date

from hub.catalog.kinds import ShareMethod, ShareType
from hub.codec import register
from hub.departments.due import Due, Duty
from hub.event import Event
from hub.personal import Commitment
from hub.sharing.kinds import AgreedVia, DeclineReason, FulfilledVia


class RequestEvent(Event, frozen=True, kw_only=True):
    """An event of one sharing request."""

    STREAM = "request_id"

    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str


class RequestDrafted(RequestEvent, frozen=True, kw_only=True):
    """A department wrote down what it needs, its `basis` and why, and warranted it (§20)."""

    TOPIC = "sharing.request.drafted"

    scenario: str
    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    period_from: date
    period_to: date
    system_id: str
    service_item: str = ""
    calls_per_day_max: int = 0
    handler_id: str = ""
    handler_name: Commitment = ""
    handler_phone: Commitment = ""


class RequestApprovedInternally(RequestEvent, frozen=True, kw_only=True):
    """The head of the requester's sharing office consented (§20)."""

    TOPIC = "sharing.request.approved_internally"


class RequestSubmitted(RequestEvent, frozen=True, kw_only=True):
    """The request reached the hub; `due` is the authority's, where it screens first (D-07)."""

    TOPIC = "sharing.request.submitted"

    due: Due | None = None


class RequestForwarded(RequestEvent, frozen=True, kw_only=True):
    """The authority screened the request's form and forwarded it to the provider."""

    TOPIC = "sharing.request.forwarded"
    STOPS = (Duty.SCREEN,)

    findings: str = ""


class RequestReceived(RequestEvent, frozen=True, kw_only=True):
    """The provider has the request; its reply is due (D-04 or D-05, by the class of the entry)."""

    TOPIC = "sharing.request.received"

    share_type: ShareType
    entry_version: int
    due: Due


class SupplementRequested(RequestEvent, frozen=True, kw_only=True):
    """The provider told once everything that is missing (§21); the clock waits."""

    TOPIC = "sharing.request.supplement_requested"
    STOPS = (Duty.REPLY,)

    missing: tuple[str, ...]


class RequestSupplemented(RequestEvent, frozen=True, kw_only=True):
    """The requester answered; the reply term starts anew. Fields left empty did not change."""

    TOPIC = "sharing.request.supplemented"

    answers: str
    due: Due
    scenario: str = ""
    items: tuple[str, ...] = ()
    methods: tuple[ShareMethod, ...] = ()
    period_from: date | None = None
    period_to: date | None = None
    system_id: str = ""
    service_item: str = ""


class RequestCountersigned(RequestEvent, frozen=True, kw_only=True):
    """The head of the providing department approved the sharing of important data."""

    TOPIC = "sharing.request.countersigned"


class ReplyExtensionRequested(RequestEvent, frozen=True, kw_only=True):
    """The provider asked the authority for so many more working days (§21)."""

    TOPIC = "sharing.request.extension_requested"

    days: int
    reason: str


class ReplyExtensionGranted(RequestEvent, frozen=True, kw_only=True):
    """The authority consented and the requester was told in these words, both in time (§21)."""

    TOPIC = "sharing.request.extension_granted"

    days: int
    notice: str
    due: Due


class ReplyExtensionRefused(RequestEvent, frozen=True, kw_only=True):
    """The authority did not consent to more time."""

    TOPIC = "sharing.request.extension_refused"

    reason: str


class RequestAgreed(RequestEvent, frozen=True, kw_only=True):
    """The provider's head agreed, now or beforehand; the data is due within D-08.

    `took_days` are the working days since the clock of the reply started.
    """

    TOPIC = "sharing.request.agreed"
    STOPS = (Duty.REPLY,)

    grant_id: str
    via: AgreedVia
    signed_by: str
    took_days: int
    due: Due
    conditions: tuple[str, ...] = ()


class RequestDeclined(RequestEvent, frozen=True, kw_only=True):
    """The provider's head declined, for a reason and on a `basis` (§21)."""

    TOPIC = "sharing.request.declined"
    STOPS = (Duty.REPLY,)

    reason_code: DeclineReason
    reason: str
    took_days: int


class RequestWithdrawn(RequestEvent, frozen=True, kw_only=True):
    """The requester took the request back before it was answered."""

    TOPIC = "sharing.request.withdrawn"
    STOPS = (Duty.SCREEN, Duty.REPLY)

    reason: str


class ScreeningOverdue(RequestEvent, frozen=True, kw_only=True):
    """The authority did not forward the request in time (D-07)."""

    TOPIC = "sharing.request.screening_overdue"
    LAPSES = Duty.SCREEN

    due_on: date


class ReplyOverdue(RequestEvent, frozen=True, kw_only=True):
    """The provider did not answer in time (P4)."""

    TOPIC = "sharing.request.reply_overdue"
    LAPSES = Duty.REPLY

    due_on: date


class ProvisionOverdue(RequestEvent, frozen=True, kw_only=True):
    """The provider agreed and did not provide in time (P4)."""

    TOPIC = "sharing.request.provision_overdue"
    LAPSES = Duty.PROVIDE

    due_on: date


class RequestFulfilled(RequestEvent, frozen=True, kw_only=True):
    """The data was delivered the first time, or access was tested (D-08).

    `took_days` are the working days since the agreement.
    """

    TOPIC = "sharing.request.fulfilled"
    STOPS = (Duty.PROVIDE,)

    via: FulfilledVia
    resource_id: str
    took_days: int
    batch_id: str = ""
    evidence: str = ""


class RequestDueConfirmed(RequestEvent, frozen=True, kw_only=True):
    """A published calendar gave a provisional term its final date."""

    TOPIC = "sharing.request.due_confirmed"

    due: Due


class StandingEvent(Event, frozen=True, kw_only=True):
    """An event of the standing approval of one unconditional entry."""

    STREAM = "standing_id"

    standing_id: str
    entry_id: str
    provider_id: str


class StandingApprovalGiven(StandingEvent, frozen=True, kw_only=True):
    """The provider's head agreed beforehand to every request for this entry."""

    TOPIC = "sharing.standing.given"

    reason: str


class StandingApprovalRevoked(StandingEvent, frozen=True, kw_only=True):
    """Requests for this entry are answered one by one again."""

    TOPIC = "sharing.standing.revoked"

    reason: str


Preparation = RequestApprovedInternally | RequestSubmitted | RequestForwarded | RequestReceived
Examination = (
    SupplementRequested
    | RequestSupplemented
    | ReplyExtensionRequested
    | ReplyExtensionGranted
    | ReplyExtensionRefused
    | RequestCountersigned
)
Conclusion = RequestAgreed | RequestDeclined | RequestWithdrawn | RequestFulfilled
Lapse = ScreeningOverdue | ReplyOverdue | ProvisionOverdue | RequestDueConfirmed
RequestEvents = RequestDrafted | Preparation | Examination | Conclusion | Lapse
StandingEvents = StandingApprovalGiven | StandingApprovalRevoked

register(
    RequestDrafted,
    RequestApprovedInternally,
    RequestSubmitted,
    RequestForwarded,
    RequestReceived,
    SupplementRequested,
    RequestSupplemented,
    ReplyExtensionRequested,
    ReplyExtensionGranted,
    ReplyExtensionRefused,
    RequestCountersigned,
    RequestAgreed,
    RequestDeclined,
    RequestWithdrawn,
    ScreeningOverdue,
    ReplyOverdue,
    ProvisionOverdue,
    RequestFulfilled,
    RequestDueConfirmed,
    StandingApprovalGiven,
    StandingApprovalRevoked,
)
