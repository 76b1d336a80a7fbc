"""Cursors: the key of the last row seen, opaque to who carries it to the next page."""

import base64
import re
from typing import Any

import msgspec

from adapters.http.problems import EdgeProblem

_CURSOR = re.compile(r"[A-Za-z0-9_-]{0,600}")


def to_cursor(key: tuple[Any, ...]) -> str:
    """Return the key of a row as text that fits into an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def from_cursor(cursor: str) -> list[Any]:
    """Return the values in a cursor, none for none; raises EdgeProblem for what is no cursor."""
    if not cursor:
        return []
    if not _CURSOR.fullmatch(cursor):
        raise bad_cursor()
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Any])
    except (ValueError, msgspec.DecodeError) as error:
        raise bad_cursor() from error
    # A key of ours is never empty, and PostgreSQL's text cannot hold NUL.
    if not values or any(isinstance(each, str) and "\0" in each for each in values):
        raise bad_cursor()
    return values


def bad_cursor() -> EdgeProblem:
    """Return the problem of a cursor that no answer of ours contained."""
    return EdgeProblem(
        "malformed",
        "this cursor is not one of ours; begin again without",
        "游标无效，请从第一页重新查询",
        where="cursor",
    )
