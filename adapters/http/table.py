"""Rows as CSV for a spreadsheet: titles in the reader's language, nothing a sheet would execute."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.term import Language, glossary, term

MEDIA_TYPE = "text/csv"
BYTE_ORDER_MARK = "\ufeff"
"""Some spreadsheets take a file for their country's old encoding unless this stands first."""
_LOCAL = ZoneInfo("Asia/Shanghai")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(
    rows: Iterable[msgspec.Struct], kind: type[msgspec.Struct], language: Language, *, bom: bool
) -> bytes:
    """Return rows as CSV (RFC 4180) in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([title(name, language) for name in kind.__struct_fields__])
    for row in rows:
        writer.writerow([cell(getattr(row, name)) for name in kind.__struct_fields__])
    return ((BYTE_ORDER_MARK if bom else "") + text.getvalue()).encode()


def title(name: str, language: Language) -> str:
    """Return a column's title: the glossary's word, else the field's own name."""
    return term(f"column.{name}", language) if f"column.{name}" in glossary() else name


def cell(value: Any) -> str:
    """Return one value as text; text that a sheet would take for a formula is quoted by '."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Enum():
            return str(value.value)
        case datetime():
            return value.astimezone(_LOCAL).isoformat(timespec="seconds")
        case tuple() | list() if all(isinstance(each, str) for each in value):
            return _harmless("; ".join(value))
        case str():
            return _harmless(value)
        case msgspec.Struct() | dict() | tuple() | list():
            return _harmless(msgspec.json.encode(value).decode())
        case _:
            return str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
