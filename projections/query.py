"""How query functions return typed rows: `connection.cursor(row_factory=as_row(LedgerRow))`."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import psycopg

from projections.projection import Row


def as_row(kind: type[Row]) -> Callable[[psycopg.Cursor[Any]], Callable[[Sequence[Any]], Row]]:
    """Make each line of a SELECT a `kind`, columns by name.

    Text becomes the enum, a list the tuple, `jsonb` the Struct that the class asks for.
    """

    def factory(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
        names = [column.name for column in cursor.description or ()]

        def line(values: Sequence[Any]) -> Row:
            return msgspec.convert(dict(zip(names, values, strict=True)), kind)

        return line

    return factory
