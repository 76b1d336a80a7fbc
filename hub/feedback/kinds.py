"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class FeedbackStatus(StrEnum):
    """Where a piece of feedback stands."""

    SUBMITTED = "submitted"
    ANSWERED = "answered"
    CLOSED = "closed"


class CorrectionStatus(StrEnum):
    """Where a correction case stands (DOMAIN §3.3)."""

    REQUESTED = "requested"
    RECEIVED = "received"
    VERIFIED = "verified"
    CORRECTED = "corrected"
    DECLINED = "declined"
    ANSWERED = "answered"
    CLOSED = "closed"
    DISPUTED = "disputed"


class Defect(StrEnum):
    """What is wrong with the data (Decree 809 §26: inaccurate or incomplete)."""

    INACCURATE = "inaccurate"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    INCONSISTENT = "inconsistent"
    DUPLICATED = "duplicated"


class Verdict(StrEnum):
    """What the provider found when it verified."""

    WRONG = "wrong"
    PARTLY_WRONG = "partly_wrong"
    RIGHT = "right"
