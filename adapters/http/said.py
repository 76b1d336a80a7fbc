"""What an event says, field by field, in the words of the glossary; the bytes stand beside it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any

import msgspec

from adapters.http import table
from hub.departments.calendar import CHINA
from hub.departments.due import Due
from hub.event import Event
from hub.term import Language, glossary, term, word

ENVELOPE = frozenset(Event.__struct_fields__)
"""What every event says and the page shows apart: when, by whom, on what basis."""
TEXT_MAX = 600
"""So much of one field is shown; all of it stands in the exact text."""


def facts(
    event: Event, names: Mapping[str, str], language: Language
) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and text of every field an event fills; ids with names get them."""
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if name not in ENVELOPE and value not in (None, "", ()):
            text = said(value, names, language)
            cut = text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"
            yield name, title(name, language), cut


def title(name: str, language: Language) -> str:
    """Return a field's title: that of the column of the same name, else its own."""
    own = f"field.{name}"
    return term(f"field.{name}", language) if own in glossary() else table.title(name, language)


def said(value: Any, names: Mapping[str, str], language: Language) -> str:
    """Return a value as a person reads it."""
    match value:
        case StrEnum():
            return word(value, language)
        case str() if value in names:
            return f"{names[value]} ({value})"
        case Due():
            return f"{word(value.duty, language)} → {value.on}"
        case datetime():
            return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        case bool():
            return {True: "是", False: "否"}[value] if language == "zh" else str(value).lower()
        case str() | int() | float() | date() | Enum():
            return str(value.value if isinstance(value, Enum) else value)
        case tuple() | list() | frozenset():
            return ("；" if language == "zh" else "; ").join(
                said(each, names, language) for each in value
            )
        case msgspec.Struct():
            return _fields(value, names, language)
        case _:
            return msgspec.json.encode(value).decode()


def _fields(value: msgspec.Struct, names: Mapping[str, str], language: Language) -> str:
    """Return the filled fields of a part of an event, each after its title."""
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    found = ((name, getattr(value, name)) for name in value.__struct_fields__)
    return comma.join(
        f"{title(name, language)}{colon}{said(each, names, language)}"
        for name, each in found
        if each not in (None, "", (), False)
    )
