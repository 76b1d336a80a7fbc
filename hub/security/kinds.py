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
