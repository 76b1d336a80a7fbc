"""What a bundle holds: the events of a case, of an entry, of a department, of a period, or all."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import LiteralString

import msgspec
import psycopg

from hub.departments.calendar import end_of
from hub.errors import Invalid, NotFound
from projections.audit_trail import AuditRow
from projections.query import as_row

ROWS = 2_000
"""Lines of the audit trail read at a time."""


_LINES = """
    SELECT position, topic, at, recorded_at, org_id, person_id, role, case_id, subjects
      FROM audit_trail
     WHERE """
_PAGE = """
       AND position > %(after)s
     ORDER BY position
     LIMIT %(limit)s
"""


class Kind(StrEnum):
    """By what the events of a bundle are chosen."""

    CASE = "case"
    ENTRY = "entry"
    DEPARTMENT = "department"
    PERIOD = "period"
    ALL = "all"


# A statement for each, so that each finds its own index.
_WHERE: dict[Kind, LiteralString] = {
    Kind.CASE: "case_id = %(id)s",
    Kind.ENTRY: "subjects @> ARRAY[%(id)s::text]",
    Kind.DEPARTMENT: "(subjects @> ARRAY[%(id)s::text] OR org_id = %(id)s)",
    Kind.PERIOD: "at >= %(begins)s AND at < %(ends)s",
}


class Selection(msgspec.Struct, frozen=True, omit_defaults=True):
    """The choice: of what kind, and whose id or which days (in China, both included)."""

    kind: Kind
    id: str = ""
    first: date | None = msgspec.field(name="from", default=None)
    last: date | None = msgspec.field(name="to", default=None)


Within = Callable[[AuditRow], bool]
"""Whether a line of the audit trail may go into the bundle."""


class Chosen(msgspec.Struct, frozen=True):
    """The positions chosen, in order; how many more are not sealed yet or out of bounds."""

    positions: tuple[int, ...] | range
    unsealed: int = 0
    out_of_scope: int = 0


def of_period(first: date, last: date) -> Selection:
    """Return the choice of the events of some days; raises Invalid when they end before."""
    if last < first:
        raise Invalid(
            f"the period ends on {last}, before it begins on {first}",
            f"期间止于{last}，早于起始日{first}",
            where="to",
        )
    return Selection(Kind.PERIOD, first=first, last=last)


def choose(
    connection: psycopg.Connection, selection: Selection, size: int, within: Within | None = None
) -> Chosen:
    """Return the positions a selection means, as far as the log has sealed them.

    `within` leaves out what the one who asks may not read. Raises NotFound when the record holds
    no such event at all.
    """
    if selection.kind is Kind.ALL:
        return Chosen(range(1, size + 1))
    positions: list[int] = []
    unsealed = out_of_scope = 0
    for row in _rows(connection, selection):
        if row.position > size:
            unsealed += 1
        elif within is not None and not within(row):
            out_of_scope += 1
        else:
            positions.append(row.position)
    if not (positions or unsealed or out_of_scope):
        raise _nothing(selection)
    return Chosen(tuple(positions), unsealed, out_of_scope)


def _rows(connection: psycopg.Connection, selection: Selection) -> Iterator[AuditRow]:
    """Yield the lines of the audit trail that a selection means, in the order of the record."""
    begins = ends = None
    if selection.first is not None and selection.last is not None:
        begins, ends = end_of(selection.first - timedelta(days=1)), end_of(selection.last)
    after = 0
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        while True:
            rows = cursor.execute(
                f"{_LINES}{_WHERE[selection.kind]}{_PAGE}",
                {
                    "id": selection.id,
                    "begins": begins,
                    "ends": ends,
                    "after": after,
                    "limit": ROWS,
                },
            ).fetchall()
            yield from rows
            if len(rows) < ROWS:
                return
            after = rows[-1].position


def _nothing(selection: Selection) -> NotFound:
    match selection.kind:
        case Kind.PERIOD:
            return NotFound(
                f"nothing happened from {selection.first} to {selection.last}",
                f"{selection.first}至{selection.last}期间没有事件",
            )
        case kind:
            return NotFound(
                f"the record has no event of the {kind} “{selection.id}”; check the id",
                f"卷宗中没有“{selection.id}”的事件，请核对标识",
                where="id",
            )
