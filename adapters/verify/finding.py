"""What can be wrong with a record, and what a verification says in the end."""

from enum import StrEnum
from typing import Any

import msgspec

WRONGS_MAX = 100
"""Wrong positions a report describes; more are only counted."""


class Kind(StrEnum):
    """What does not fit with what; in the order in which they explain one another."""

    MISSING = "missing"
    TWICE = "twice"
    ROW = "row"
    LEAF = "leaf"
    TOGETHER = "row_and_leaf"
    TILE = "tile"
    RESIGNED = "resigned"
    MIRROR = "mirror"
    CHECKPOINT = "checkpoint"
    ROLLED_BACK = "rolled_back"
    UPPER_TILE = "upper_tile"
    HEAD = "head"
    STREAM = "stream"
    COMMAND = "command"
    SIGNATURE = "signature"
    LOG_BEHIND = "log_behind"
    UNSEALED = "unsealed"
    NATIONAL = "national"
    STAMP = "stamp"


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: where, what, and what it proves.

    `position` to `until` are the events concerned; None where no event is. `stream_id` and `topic`
    are those of the event as it stands now.
    """

    kind: Kind
    position: int | None
    until: int | None = None
    sentence: str
    proves: str
    stream_id: str = ""
    topic: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """Return what sorts wrongs: by position, and at one position the plainest first."""
        return (self.position or 1 << 62, list(Kind).index(self.kind))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked and what is wrong with it."""

    events: int
    position: int
    sealed: int
    log: str | None
    checkpoints: dict[str, int]
    """Where checkpoints were found -> how many agree with the record."""
    witnesses: dict[str, dict[str, Any]]
    """Who cosigned -> the largest size and when."""
    witnessed: int
    """The largest size that enough witnesses cosigned, 0 for none."""
    mirrors: dict[str, int]
    archives: list[str]
    seconds: float
    wrong: list[Wrong]
    wrong_positions: int
    national: int = 0
    """How far the tree under national cryptography was verified, 0 where there is none."""
    stamps: int = 0
    """How many days' time stamps hold."""

    @property
    def first_wrong(self) -> Wrong | None:
        """Return the first thing that is wrong, None when all is right."""
        return self.wrong[0] if self.wrong else None
