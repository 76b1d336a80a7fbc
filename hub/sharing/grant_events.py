"""What happens to grants and their use registers (Decree 809 §25–§27, §29)."""

from datetime import date

from hub.catalog.kinds import ShareMethod
from hub.codec import register
from hub.departments.due import Due, Duty
from hub.event import Event
from hub.sharing.kinds import (
    Anomaly,
    DisposalMethod,
    EndCause,
    RectificationFailure,
    SuspensionReason,
)


class GrantEvent(Event, frozen=True, kw_only=True):
    """An event of one grant; its case is the request it came from."""

    STREAM = "grant_id"

    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str


class GrantIssued(GrantEvent, frozen=True, kw_only=True):
    """The requester may use this, in this scope and period, once the data is provided."""

    TOPIC = "sharing.grant.issued"

    items: tuple[str, ...]
    methods: tuple[ShareMethod, ...]
    systems: tuple[str, ...]
    valid_from: date
    valid_to: date
    due: Due
    service_item: str = ""
    conditions: tuple[str, ...] = ()
    calls_per_day_max: int = 0
    disposal_days: int | None = None


class GrantActivated(GrantEvent, frozen=True, kw_only=True):
    """The data was provided: the grant may be used."""

    TOPIC = "sharing.grant.activated"


class GrantFirstUsed(GrantEvent, frozen=True, kw_only=True):
    """The grant was used for the first time; feedback is due (D-14, on the use register)."""

    TOPIC = "sharing.grant.first_used"

    used_on: date


class GrantScopeExtended(GrantEvent, frozen=True, kw_only=True):
    """The provider consented to a wider use (§25): what was added, and a later end if any."""

    TOPIC = "sharing.grant.scope_extended"

    reason: str
    items: tuple[str, ...] = ()
    methods: tuple[ShareMethod, ...] = ()
    systems: tuple[str, ...] = ()
    valid_to: date | None = None
    due: Due | None = None


class GrantSuspended(GrantEvent, frozen=True, kw_only=True):
    """The right to use rests until rectified; the deadline was ordered with it (§27)."""

    TOPIC = "sharing.grant.suspended"

    reason_code: SuspensionReason
    reason: str
    rectify_by: date


class GrantResumed(GrantEvent, frozen=True, kw_only=True):
    """What was wrong was rectified; the grant may be used again."""

    TOPIC = "sharing.grant.resumed"

    rectification: str


class GrantTerminated(GrantEvent, frozen=True, kw_only=True):
    """Rectification was refused or insufficient: the grant is over (§27)."""

    TOPIC = "sharing.grant.terminated"
    STOPS = (Duty.GRANT_END,)

    failure: RectificationFailure
    reason: str
    due: Due | None = None


class GrantExpired(GrantEvent, frozen=True, kw_only=True):
    """The period of the grant ended; `due` is the final feedback where there was any use."""

    TOPIC = "sharing.grant.expired"
    LAPSES = Duty.GRANT_END

    due: Due | None = None


class GrantEnded(GrantEvent, frozen=True, kw_only=True):
    """The grant ended early: the requester no longer needs it, or the service was ended (§27)."""

    TOPIC = "sharing.grant.ended"
    STOPS = (Duty.GRANT_END,)

    cause: EndCause
    reason: str
    negotiation: str = ""
    filing_number: str = ""
    due: Due | None = None


class DisposalRequired(GrantEvent, frozen=True, kw_only=True):
    """The provider said how the data is disposed of, and until when (D-10); `days` if its own."""

    TOPIC = "sharing.grant.disposal_required"

    manner: str
    due: Due
    days: int | None = None


class DisposalConfirmed(GrantEvent, frozen=True, kw_only=True):
    """The requester disposed of the data and proved it."""

    TOPIC = "sharing.grant.disposal_confirmed"
    STOPS = (Duty.DISPOSE,)

    method: DisposalMethod
    proof: str
    disposed_on: date
    took_days: int
    proof_hash: str = ""


class DisposalOverdue(GrantEvent, frozen=True, kw_only=True):
    """The requester did not prove the disposal in time (R4)."""

    TOPIC = "sharing.grant.disposal_overdue"
    LAPSES = Duty.DISPOSE

    due_on: date


class GrantDueConfirmed(GrantEvent, frozen=True, kw_only=True):
    """A published calendar gave the provisional term of the disposal its final date."""

    TOPIC = "sharing.grant.due_confirmed"

    due: Due


class UsageEvent(Event, frozen=True, kw_only=True):
    """An event of the use register of one grant; the clock it starts is the grant's."""

    STREAM = "usage_id"

    usage_id: str
    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str

    @property
    def clock_id(self) -> str:
        """Return the grant: feedback is owed for it (D-14)."""
        return self.grant_id


class UsageRecorded(UsageEvent, frozen=True, kw_only=True):
    """What was used on a day, in sum; `log_hash` is the digest of the access log behind it.

    The first use carries the feedback that is due for it (D-14).
    """

    TOPIC = "sharing.usage.recorded"

    day: date
    sequence: int
    calls: int
    rows: int
    bytes: int
    ok: int
    failed: int
    systems: tuple[str, ...]
    items: tuple[str, ...]
    log_hash: str
    due: Due | None = None


class UsageRegisterEntryFiled(UsageEvent, frozen=True, kw_only=True):
    """The requester's own record of its use, kept for at least three years (§29, D-20)."""

    TOPIC = "sharing.usage.entry_filed"

    scenario: str
    process: str
    effect: str
    storage: str
    retained_until: date
    destruction: str = ""


class ServiceItemLinked(UsageEvent, frozen=True, kw_only=True):
    """The data supports a service to citizens or enterprises (政务服务事项, S-54)."""

    TOPIC = "sharing.usage.service_item_linked"

    service_item: str
    channel: str = ""


class AnomalousUseDetected(UsageEvent, frozen=True, kw_only=True):
    """A use looks strange; a person judges whether it is misuse (R2, R3)."""

    TOPIC = "sharing.usage.anomaly_detected"

    anomaly: Anomaly
    day: date
    detail: str
    calls: int = 0
    items: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    log_hash: str = ""


Running = GrantActivated | GrantFirstUsed | GrantScopeExtended | GrantSuspended | GrantResumed
Ending = GrantTerminated | GrantExpired | GrantEnded
Disposal = DisposalRequired | DisposalConfirmed | DisposalOverdue | GrantDueConfirmed
GrantEvents = GrantIssued | Running | Ending | Disposal
UsageEvents = UsageRecorded | UsageRegisterEntryFiled | ServiceItemLinked | AnomalousUseDetected

register(
    GrantIssued,
    GrantActivated,
    GrantFirstUsed,
    GrantScopeExtended,
    GrantSuspended,
    GrantResumed,
    GrantTerminated,
    GrantExpired,
    GrantEnded,
    DisposalRequired,
    DisposalConfirmed,
    DisposalOverdue,
    GrantDueConfirmed,
    UsageRecorded,
    UsageRegisterEntryFiled,
    ServiceItemLinked,
    AnomalousUseDetected,
)
