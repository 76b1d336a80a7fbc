r"""The table behind a row class: its columns, and how values go into PostgreSQL and come back.

Rows go in as CSV that msgspec writes: one JSON array per row is a CSV line once its brackets are
off, with `\` as escape and an unquoted `null` for NULL. That is several times faster than
formatting value by value in Python, and formatting was half the cost of a rebuild.
"""

import re
import types
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Union, get_args, get_origin

import msgspec

from projections.projection import Key, Projection, Row

_LINES = msgspec.json.Encoder(order="sorted")
_ODD = re.compile(rb'\\(?:(["\\])|([nrtbf])|u00([0-9a-f]{2}))')
"""JSON escapes: of these only \\" and \\\\ mean the same in CSV."""
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SQL_TYPES = {str: "text", int: "int8", float: "float8", bool: "bool"} | {
    date: "date",
    datetime: "timestamptz",
}

Convert = Callable[[Any], Any]


class Shape(Generic[Row]):
    """The columns of one projection's table."""

    def __init__(self, projection: Projection[Row]) -> None:
        """Read the annotations of the row class."""
        fields = msgspec.structs.fields(projection.row)
        self.row = projection.row
        self.columns = tuple(field.name for field in fields)
        self.key = projection.key
        missing = set(self.key) - set(self.columns)
        if missing:
            msg = f"{projection.name}: the key {sorted(missing)} is no column of the row"
            raise TypeError(msg)
        inner = {field.name: _inner(field.type) for field in fields}
        self.key_types = tuple(_sql_type(inner[name]) for name in self.key)
        self._into = [
            (number, convert)
            for number, name in enumerate(self.columns)
            if (convert := _into(inner[name])) is not None
        ]
        self._back = [
            (name, convert) for name in self.columns if (convert := _back(inner[name])) is not None
        ]

    def csv(self, rows: Iterable[Row]) -> bytes:
        r"""Return rows as CSV for COPY (ESCAPE '\', NULL 'null')."""
        return csv(map(self._values, rows) if self._into else map(msgspec.structs.astuple, rows))

    def json(self, rows: Iterable[Row]) -> str:
        """Return rows as JSON objects named by column, for json_populate_recordset."""
        names, values = self.columns, msgspec.structs.astuple
        objects = [dict(zip(names, values(row), strict=True)) for row in rows]
        return _LINES.encode(objects).decode()

    def row_of(self, values: Sequence[Any]) -> Row:
        """Return the row of one line of a SELECT over `columns`."""
        held = dict(zip(self.columns, values, strict=True))
        for name, convert in self._back:
            if held[name] is not None:
                held[name] = convert(held[name])
        return self.row(**held)

    def key_of(self, row: Row) -> Key:
        """Return a row's key."""
        return tuple(getattr(row, name) for name in self.key)

    def _values(self, row: Row) -> list[Any]:
        held = list(msgspec.structs.astuple(row))
        for number, convert in self._into:
            if held[number] is not None:
                held[number] = convert(held[number])
        return held


def csv(lines: Iterable[Sequence[Any]]) -> bytes:
    r"""Return lines of plain values as CSV for COPY (ESCAPE '\', NULL 'null')."""
    text = _LINES.encode_lines(lines)
    # A raw newline cannot stand inside JSON text, so this can only be the end of a line.
    text = text[1:-2].replace(b"]\n[", b"\n")
    return _unescaped(text)


def _unescaped(text: bytes) -> bytes:
    """Put the raw character where JSON escapes it in a way CSV does not know."""
    if b"\\" not in text:
        return text
    if b"\\" not in text.replace(b"\\\\", b"").replace(b'\\"', b""):
        return text
    return _ODD.sub(_raw, text)


def _raw(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return found[0]
    return _LETTERS[found[2]] if found[2] else bytes.fromhex(found[3].decode())


def _inner(annotation: Any) -> Any:
    """Return what is left of `X | None` without the None, of an annotated type the type."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return members[0] if len(members) == 1 else annotation
    return annotation


def _is_plain(inner: Any) -> bool:
    return isinstance(inner, type) and (inner in _SQL_TYPES or issubclass(inner, Enum))


def _is_texts(inner: Any) -> bool:
    members = get_args(inner)
    return (
        get_origin(inner) is tuple
        and len(members) == 2  # noqa: PLR2004 - tuple[X, ...]
        and members[1] is ...
        and isinstance(members[0], type)
        and issubclass(members[0], str)
    )


def _sql_type(inner: Any) -> str:
    if inner in _SQL_TYPES:
        return _SQL_TYPES[inner]
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "int8" if issubclass(inner, IntEnum) else "text"
    msg = f"{inner} cannot stand in a key"
    raise TypeError(msg)


def _into(inner: Any) -> Convert | None:
    """Return what makes a value's text where its JSON is not what PostgreSQL reads."""
    if _is_plain(inner):
        return None
    return _array if _is_texts(inner) else _json


def _array(texts: tuple[str, ...]) -> str:
    together = "".join(texts)
    if '"' not in together and "\\" not in together:
        return '{"' + '","'.join(texts) + '"}' if texts else "{}"
    # {"a","b"}: an array literal escapes as CSV does, so its odd escapes are made raw first.
    inner = _LINES.encode(texts)[1:-1]
    return "{" + _unescaped(inner).decode() + "}"


def _json(value: Any) -> str:
    return _LINES.encode(value).decode()


def _back(inner: Any) -> Convert | None:
    if inner is datetime:
        # psycopg gives its own UTC; one and the same object keeps derived JSON the same bytes.
        return _in_utc
    if isinstance(inner, type) and issubclass(inner, Enum):
        return inner
    if _is_plain(inner):
        return None
    if _is_texts(inner) and get_args(inner)[0] is str:
        return tuple

    def converted(value: Any) -> Any:
        return msgspec.convert(value, inner)

    return converted


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)
