"""Words of the catalogue chosen from a list, with the code values of the compiling guide."""

from enum import StrEnum


def _number(member: StrEnum, first: int = 1) -> str:
    """Return a member's place in its list, which is its code in the guide."""
    return str(list(type(member)).index(member) + first)


class ShareType(StrEnum):
    """共享类型 Class of sharing: to all, on conditions, or not at all (Decree 809 §14)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not_shared"

    @property
    def code(self) -> str:
        """Return the guide's code: 1, 2 or 3; the higher, the stricter."""
        return _number(self)


class ShareMethod(StrEnum):
    """共享方式 The way data is given: table exchange, file download, service interface (§22)."""

    TABLE = "table"
    FILE = "file"
    INTERFACE = "interface"

    @property
    def code(self) -> str:
        """Return the guide's code, from 1."""
        return _number(self)


class UpdateCycle(StrEnum):
    """更新周期 How often the data is brought up to date."""

    REALTIME = "realtime"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    HALF_YEARLY = "half_yearly"
    IRREGULAR = "irregular"
    OTHER = "other"

    @property
    def code(self) -> str:
        """Return the guide's code: 1 to 6, and 7 to 9 as real platforms add them."""
        return _number(self)


class FormatClass(StrEnum):
    """信息资源格式 What the data is stored as."""

    DOCUMENT = "document"
    SPREADSHEET = "spreadsheet"
    DATABASE = "database"
    IMAGE = "image"
    STREAM = "stream"
    SELF_DESCRIBING = "self_describing"
    INTERFACE = "service_interface"

    @property
    def code(self) -> str:
        """Return the guide's code, from 1."""
        return _number(self)


class ItemType(StrEnum):
    """数据类型 The type of a data item, by the guide's letters."""

    CHARACTER = "C"
    NUMERIC = "N"
    MONEY = "Y"
    DATE = "D"
    DATETIME = "T"
    LOGICAL = "L"
    MEMO = "M"
    GENERAL = "G"
    DOUBLE = "B"
    INTEGER = "I"
    FLOAT = "F"


class Grade(StrEnum):
    """数据分级 Grade of data (GB/T 43697-2024); a set takes the highest grade of its items."""

    GENERAL = "general"
    IMPORTANT = "important"
    CORE = "core"

    @property
    def rank(self) -> int:
        """Return how strict the grade is: 0, 1 or 2."""
        return list(Grade).index(self)


class OpenType(StrEnum):
    """开放类型 Whether the public may have it: a matter of its own, beside sharing."""

    NOT_OPEN = "not_open"
    OPEN = "open"
    ON_APPLICATION = "on_application"

    @property
    def code(self) -> str:
        """Return the code of today's platforms, from 0."""
        return _number(self, first=0)


class DocumentClass(StrEnum):
    """The classes of documents that departments may rely on (采信)."""

    NONE = "none"
    PAPER = "paper"
    LICENCE = "licence"
    CONTRACT = "contract"


class AssessmentKind(StrEnum):
    """What is assessed before an entry is approved (Decree 809 §13)."""

    SECRECY = "secrecy"
    PERSONAL_INFORMATION = "pia"


class AssessmentOutcome(StrEnum):
    """What an assessment found."""

    CLEAR = "not_secret"
    OF_WORK = "work_secret"
    OF_STATE = "state_secret"
    ACCEPTABLE = "acceptable"
    UNACCEPTABLE = "unacceptable"


GOOD_OUTCOME = {
    AssessmentKind.SECRECY: AssessmentOutcome.CLEAR,
    AssessmentKind.PERSONAL_INFORMATION: AssessmentOutcome.ACCEPTABLE,
}
"""The outcome with which an entry may be submitted."""
OUTCOMES = {
    AssessmentKind.SECRECY: frozenset(
        {
            AssessmentOutcome.CLEAR,
            AssessmentOutcome.OF_WORK,
            AssessmentOutcome.OF_STATE,
        }
    ),
    AssessmentKind.PERSONAL_INFORMATION: frozenset(
        {AssessmentOutcome.ACCEPTABLE, AssessmentOutcome.UNACCEPTABLE}
    ),
}
"""The outcomes each kind of assessment can have."""


class EntryStatus(StrEnum):
    """Where an entry stands; the version in force stays in force while the next is prepared."""

    DRAFT = "draft"
    INTERNAL_OK = "internal_ok"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    UPDATE_DUE = "update_due"
    REVISING = "revising"
    WITHDRAWN = "withdrawn"


class ReleaseStatus(StrEnum):
    """Where a numbered release of the catalogue stands."""

    COMPILED = "compiled"
    PUBLISHED = "published"


class EntryChange(StrEnum):
    """What happened to an entry from one release to another."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
