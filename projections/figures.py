"""年报指标 Figures of the annual report: defined once, counted from facts up to a position.

The same position and the same set of definitions give the same bytes: `canonical` and its digest
are what a report freezes. `events_behind` opens a figure down to the positions of its events.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg import sql

from hub.term import term
from projections.figure_sql import EVENTS
from projections.query import as_row

INDICATOR_SET = "2026.1"
"""The version of the definitions; it rises whenever a figure or its formula changes."""


class Measure(StrEnum):
    """How the facts behind a figure become a number."""

    COUNT = "count"
    CASES = "cases"
    SUM = "sum"
    WHOLE = "whole"
    RATE = "rate"
    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"
    DISTINCT = "distinct"


_AGGREGATES: dict[Measure, LiteralString] = {
    Measure.COUNT: "count(*)",
    Measure.CASES: "count(DISTINCT case_id)",
    Measure.SUM: "coalesce(sum(value), 0)::bigint",
    Measure.WHOLE: "coalesce(sum(out_of), 0)::bigint",
    Measure.RATE: "round(100.0 * sum(value) / nullif(sum(out_of), 0), 2)",
    Measure.MEAN: "round(avg(value), 2)",
    Measure.MEDIAN: "round(percentile_cont(0.5) WITHIN GROUP (ORDER BY value)::numeric, 2)",
    Measure.P90: "round(percentile_cont(0.9) WITHIN GROUP (ORDER BY value)::numeric, 2)",
    Measure.DISTINCT: "count(DISTINCT label)",
}


class Figure(msgspec.Struct, frozen=True):
    """One figure: what it is called, which facts stand behind it, how they become a number.

    `by` breaks it down by columns of the facts; `only` keeps one part; `opening` takes a state at
    1 January instead of 31 December.
    """

    key: str
    section: int
    zh: str
    en: str
    facts: tuple[str, ...]
    measure: Measure = Measure.COUNT
    behind: LiteralString = EVENTS
    by: tuple[str, ...] = ()
    unit: str = ""
    only: str = ""
    opening: bool = False
    compared: bool = False

    @property
    def formula(self) -> str:
        """Return how it is counted, in one line for the annex of definitions."""
        word = f"measure.{self.measure}"
        kept = f" = {self.only}" if self.only else ""
        broken = f" / {', '.join(self.by)}" if self.by else ""
        facts = ", ".join(self.facts)
        return f"{term(word, 'zh')} {term(word, 'en')}: {facts}{kept}{broken}"


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number: of a whole figure, or of the part named by the values of its `by` columns.

    `value` is None where nothing can be said (a share of nothing); for shares `numerator` and
    `denominator` are given.
    """

    part: tuple[str, ...] = ()
    value: int | Decimal | None = None
    numerator: int | None = None
    denominator: int | None = None


class Counted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure counted: the whole, its parts in the order of their names, the year before."""

    figure: str
    total: Cell
    parts: tuple[Cell, ...] = ()
    previous: int | Decimal | None = None


class Figures(msgspec.Struct, frozen=True):
    """All figures of a year for a department ('' is the city), counted up to a position."""

    indicator_set: str
    year: int
    department_id: str
    position: int
    figures: tuple[Counted, ...]


def figures(
    connection: psycopg.Connection,
    definitions: Sequence[Figure],
    year: int,
    department_id: str,
    position: int,
) -> Figures:
    """Count every figure of a year, for a department or ('') the city, up to a position."""
    counted = []
    for definition in definitions:
        total, *parts = _count(connection, definition, year, department_id, position)
        before = None
        if definition.compared:
            before = _count(connection, definition, year - 1, department_id, position)[0].value
        counted.append(Counted(definition.key, total, tuple(parts), before))
    return Figures(INDICATOR_SET, year, department_id, position, tuple(counted))


def canonical(counted: Figures) -> bytes:
    """Return the bytes that are frozen: JSON, keys sorted, fractions as text."""
    return msgspec.json.encode(counted, order="sorted")


def digest(counted: Figures) -> str:
    """Return `sha256:` and the digest of the canonical bytes."""
    return f"sha256:{sha256(canonical(counted)).hexdigest()}"


def events_behind(
    connection: psycopg.Connection,
    definition: Figure,
    year: int,
    department_id: str,
    position: int,
    *,
    part: Sequence[str] = (),
    after: int = 0,
    limit: int = 1000,
) -> list[int]:
    """Return the positions of the events behind a figure or one part of it, in order.

    The next page begins `after` the last position of this one.
    """
    names = definition.by[: len(part)]
    wanted = sql.SQL("").join(
        sql.SQL(" AND {} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in zip(names, part, strict=False)
    )
    question = sql.SQL(
        """
        SELECT DISTINCT position
          FROM ({behind}) AS behind
         WHERE %(only)s IN ('', part)
           AND position > %(after)s
           {wanted}
         ORDER BY position
         LIMIT %(limit)s
        """
    ).format(behind=sql.SQL(definition.behind), wanted=wanted)
    known = _parameters(definition, year, department_id, position)
    found = connection.execute(question, {**known, "after": after, "limit": limit})
    return [line[0] for line in found.fetchall()]


def _count(
    connection: psycopg.Connection,
    definition: Figure,
    year: int,
    department_id: str,
    position: int,
) -> list[Cell]:
    """Return the whole, then the parts in the order of their names."""
    by = sql.SQL(", ").join(sql.Identifier(name) for name in definition.by)
    parts = sql.SQL("ARRAY[{}]::text[]").format(by) if definition.by else sql.SQL("ARRAY[]::text[]")
    shares = sql.SQL("NULL::bigint, NULL::bigint")
    if definition.measure is Measure.RATE:
        shares = sql.SQL("coalesce(sum(value), 0)::bigint, coalesce(sum(out_of), 0)::bigint")
    question = sql.SQL(
        """
        SELECT {parts} AS part, {aggregate} AS value, {shares}
          FROM ({behind}) AS behind
         WHERE %(only)s IN ('', part)
         GROUP BY GROUPING SETS ((){sets})
         ORDER BY {order}
        """
    ).format(
        parts=parts,
        aggregate=sql.SQL(_AGGREGATES[definition.measure]),
        shares=shares,
        behind=sql.SQL(definition.behind),
        sets=sql.SQL(", ({})").format(by) if definition.by else sql.SQL(""),
        order=sql.SQL("grouping({}) DESC, {}").format(by, by) if definition.by else sql.SQL("1"),
    )
    known = _parameters(definition, year, department_id, position)
    whole, *broken = connection.execute(question, known).fetchall()
    return [
        Cell((), *_numbers(whole)),
        *(Cell(tuple(line[0]), *_numbers(line)) for line in broken),
    ]


def _numbers(line: Sequence[Any]) -> tuple[int | Decimal | None, int | None, int | None]:
    return line[1], line[2], line[3]


def _parameters(definition: Figure, year: int, department_id: str, position: int) -> dict[str, Any]:
    return {
        "facts": list(definition.facts),
        "year": year,
        "day": date(year - 1, 12, 31) if definition.opening else date(year, 12, 31),
        "department": department_id,
        "position": position,
        "only": definition.only,
    }


class Named(msgspec.Struct, frozen=True):
    """What a thing was called at a position."""

    case_id: str
    label: str


def names(connection: psycopg.Connection, position: int) -> dict[str, str]:
    """Return the names of organisations, entries and legal bases as they were at a position."""
    with connection.cursor(row_factory=as_row(Named)) as cursor:
        found = cursor.execute(
            """
            SELECT DISTINCT ON (case_id) case_id, label
              FROM annual_facts
             WHERE fact IN ('org.on', 'org.renamed', 'entry.on', 'basis.named')
               AND position <= %s
             ORDER BY case_id, position DESC, number DESC
            """,
            (position,),
        ).fetchall()
    return {named.case_id: named.label for named in found}
