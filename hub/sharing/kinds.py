"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class RequestStatus(StrEnum):
    """Where a request stands (DOMAIN §3.3)."""

    DRAFT = "draft"
    OK_INSIDE = "ok_inside"
    SUBMITTED = "submitted"
    REVIEWING = "reviewing"
    WAITING = "waiting"
    AGREED = "agreed"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class ExtensionStatus(StrEnum):
    """Where the extension of the reply term stands (Decree 809 §21)."""

    NONE = "none"
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class AgreedVia(StrEnum):
    """How a request was agreed to."""

    REVIEW = "review"
    STANDING_APPROVAL = "standing_approval"


class DeclineReason(StrEnum):
    """Why a provider declines; for an unconditional entry only the first three can be true."""

    NOT_FOR_DUTY = "not_for_duty"
    ENTRY_CHANGED = "entry_changed"
    PERIOD_OVER = "period_over"
    OUTSIDE_CONDITIONS = "outside_conditions"
    EXCEEDS_NEED = "exceeds_need"
    SECURITY_NOT_MET = "security_not_met"
    LAW_FORBIDS = "law_forbids"
    INCOMPLETE_PAPERS = "incomplete_papers"


class FulfilledVia(StrEnum):
    """What shows that the data was provided (D-08)."""

    DELIVERY = "delivery"
    TESTED_ACCESS = "tested_access"


class GrantStatus(StrEnum):
    """Where a grant stands (DOMAIN §3.3)."""

    ISSUED = "issued"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    EXPIRED = "expired"
    ENDED = "ended"
    DISPOSING = "disposing"
    CLOSED = "closed"


class SuspensionReason(StrEnum):
    """Why the right to use is suspended: misuse R2, passing on R3, or danger (Decree 809 §27)."""

    SCOPE_EXCEEDED = "scope_exceeded"
    PASSED_ON = "passed_on"
    SECURITY = "security"


class RectificationFailure(StrEnum):
    """Why a suspended grant is terminated (Decree 809 §27)."""

    REFUSED = "refused"
    INSUFFICIENT = "insufficient"


class EndCause(StrEnum):
    """Why a running grant ends before its term; the last one only after negotiation and filing."""

    PURPOSE_REACHED = "purpose_reached"
    PURPOSE_UNREACHABLE = "purpose_unreachable"
    NEED_GONE = "need_gone"
    SERVICE_ENDED = "service_ended"


class DisposalMethod(StrEnum):
    """How data no longer needed is disposed of."""

    DESTROYED = "destroyed"
    RETURNED = "returned"
    ANONYMIZED = "anonymized"


class Anomaly(StrEnum):
    """What is strange about a use."""

    OUTSIDE_ITEMS = "outside_items"
    OUTSIDE_METHOD = "outside_method"
    OUTSIDE_SYSTEM = "outside_system"
    OUTSIDE_PERIOD = "outside_period"
    QUOTA_EXCEEDED = "quota_exceeded"
    UNUSUAL_VOLUME = "unusual_volume"
    PASSED_ON = "passed_on"
