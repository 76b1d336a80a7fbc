"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class ErasureGround(StrEnum):
    """Why personal data must go: the five cases of PIPL §47."""

    PURPOSE_ENDED = "purpose_ended"
    RETENTION_ENDED = "retention_ended"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    UNLAWFUL = "unlawful"
    OTHER_LAW = "other_law"


class PersonalStatus(StrEnum):
    """How personal data stands: read as it is, kept but not used, gone, or not to be opened."""

    HELD = "held"
    RESTRICTED = "restricted"
    ERASED = "erased"
    UNREADABLE = "unreadable"


class IncidentKind(StrEnum):
    """What went wrong with data or with the hub itself."""

    VIEW_DRIFT = "view_drift"
    RECORD_MISMATCH = "record_mismatch"
    LOG_FORK = "log_fork"
    DATA_LEAK = "data_leak"
    MISUSE = "misuse"
    OUTAGE = "outage"
    OTHER = "other"


class IncidentStatus(StrEnum):
    """How far an incident is: somebody has to look into it, or it is understood and over."""

    DETECTED = "detected"
    CLOSED = "closed"
