"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class ReportStatus(StrEnum):
    """Where the current version of an annual report stands."""

    DUE = "due"
    DRAFT = "draft"
    FROZEN = "frozen"
    REVIEWED = "reviewed"
    SIGNED = "signed"
    FILED = "filed"


class ScopeKind(StrEnum):
    """What an audit engagement looks at."""

    CASE = "case"
    ENTRY = "entry"
    DEPARTMENT = "department"
    PERIOD = "period"
    ALL = "all"


class AuditStatus(StrEnum):
    """Where an audit engagement stands."""

    NOTIFIED = "notified"
    IN_PROGRESS = "in_progress"
    DRAFT_SERVED = "draft_served"
    ANSWERED = "answered"
    CLOSED = "closed"


class Severity(StrEnum):
    """How grave an audit finding is."""

    MINOR = "minor"
    SUBSTANTIAL = "substantial"
    GRAVE = "grave"
