"""One word per thing in two languages: the glossary, read once.

Keys are the code's own dotted names: a topic (`sharing.request.agreed`), a noun
(`sharing.request`), or an enum and its member (`role.auditor`). `zh` is Simplified Chinese as the
law writes it.
"""

import re
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

Language = Literal["zh", "en"]
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Term(msgspec.Struct, frozen=True):
    """A word of the field: its English and Chinese form, what it means, where it comes from."""

    en: str
    zh: str
    means: str
    source: str


@cache
def glossary() -> dict[str, Term]:
    """Return every term by its key."""
    text = Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8")
    return {key: msgspec.convert(fields, Term) for key, fields in tomllib.loads(text).items()}


def term(key: str, language: Language) -> str:
    """Return the word for a key; the key itself where the glossary has none, which a test finds."""
    found = glossary().get(key)
    if found is None:
        return key
    return found.zh if language == "zh" else found.en


def word(member: StrEnum, language: Language) -> str:
    """Return the word for a member of one of the lists: 审核中 or Reviewing for `reviewing`."""
    words = _WORD.sub("_", type(member).__name__).lower()
    return term(f"{words}.{member.value}", language)


def zh(member: StrEnum) -> str:
    """Return the Chinese word for a member of one of the lists: 审核中 for `reviewing`."""
    return word(member, "zh")
