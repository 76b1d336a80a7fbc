"""Refusals: the hub says no, in one clear sentence that says what is wrong and what to do.

Every refusal carries its sentence in English and in Simplified Chinese.
"""


class Refusal(Exception):
    """The hub refuses a command; `where` names the field or stream at fault, if one is."""

    def __init__(self, en: str, zh: str, *, where: str = "") -> None:
        """Keep the sentence in both languages and the place for the form."""
        super().__init__(en)
        self.en = en
        self.zh = zh
        self.where = where


class Forbidden(Refusal):
    """The speaker has no role in which he may do this here."""


class NotFound(Refusal):
    """The record holds nothing under this id."""


class Conflict(Refusal):
    """The thing is not in a state in which this may happen."""


class Invalid(Refusal):
    """The command's own words break a rule of the law or of the compiling guide."""


class VersionMoved(Refusal):
    """Somebody changed the thing since the version the speaker has seen (If-Match)."""


class CommandReused(Refusal):
    """The command id has already been used for another command."""


class Busy(Refusal):
    """The hub cannot take the command now; the same command may be sent again."""

    def __init__(self, en: str, zh: str, *, retry_after: int = 1) -> None:
        """Say after how many seconds it is worth trying again."""
        super().__init__(en, zh)
        self.retry_after = retry_after
