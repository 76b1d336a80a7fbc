"""A candidate: one entry of somebody else's catalogue in our words, with what had to be altered.

Whatever an import had to cut or could not understand is a reason, listed with the entry; where
the law wants what the source does not say, the entry becomes a draft. A candidate that cannot be
stored at all carries a refusal instead.
"""

import hashlib

import msgspec
from pydantic_core import PydanticCustomError

from hub.catalog.content import EntryContent
from hub.command import clean

TITLE_CHARACTERS_MAX = 1_000
ABSTRACT_CHARACTERS_MAX = 8_000
SHORT_CHARACTERS_MAX = 100
_LINE_CHARACTERS_MAX = 200


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a source: `external_id` names it there, `provider` is the name found there."""

    external_id: str
    title: str
    provider: str
    provider_uscc: str = ""
    content: EntryContent
    reasons: tuple[str, ...] = ()
    refusal: str = ""


class UnreadableCatalogueError(Exception):
    """The file is not a catalogue of a format the hub knows; the sentence says what it is not."""


class Text:
    """Takes text from a source, field by field, and remembers what had to be altered."""

    def __init__(self) -> None:
        """Begin a candidate."""
        self.reasons: list[str] = []
        self.refusal = ""

    def take(self, where: str, value: object, characters_max: int = _LINE_CHARACTERS_MAX) -> str:
        """Return a field's text, normalised and cut to its length; "" where there is none."""
        if value is None:
            return ""
        try:
            text = str(clean(value if isinstance(value, str) else str(value)))
        except PydanticCustomError as error:
            self.refusal = self.refusal or f"{where}: {error.message()}"
            return ""
        if len(text) > characters_max:
            self.reasons.append(f"{where}: cut from {len(text)} to {characters_max} characters")
            return text[: characters_max - 1] + "…"
        return text

    def doubt(self, sentence: str) -> None:
        """Note what the source says that cannot be published as it stands."""
        self.reasons.append(sentence)


def digest_number(text: str, digits: int) -> str:
    """Return a number of so many digits that a text always gives: codes for what has none."""
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
    return str(number % 10**digits).zfill(digits)
