"""What is asked of the request board: one request, lists, what runs out next, the traffic light.

DOMAIN §3.8: green while more than half of the term is left, then yellow, red on the last working
day, black once overdue.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
import psycopg

from hub.departments.calendar import Calendars, local_day, working_days_between
from hub.sharing.kinds import RequestStatus
from projections.query import as_row
from projections.request_board import RequestRow


class RequestLight(StrEnum):
    """How much of the running term is left."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    BLACK = "black"
    OFF = "off"


class StatusCount(msgspec.Struct, frozen=True):
    """How many requests stand at a status."""

    status: RequestStatus
    count: int


def light(row: RequestRow, at: datetime, calendars: Calendars) -> RequestLight:
    """Return a request's light at a moment; a provisional date never turns black.

    `calendars` come from `projections.work_calendars`.
    """
    if row.started_on is None or row.due_on is None or row.ends_at is None:
        return RequestLight.OFF
    if at >= row.ends_at:
        return RequestLight.RED if row.provisional else RequestLight.BLACK
    left = working_days_between(local_day(at), row.due_on, calendars)
    if left <= 1:
        return RequestLight.RED
    term = working_days_between(row.started_on, row.due_on, calendars)
    return RequestLight.GREEN if left * 2 > term else RequestLight.YELLOW


def request(connection: psycopg.Connection, request_id: str) -> RequestRow | None:
    """Return one request."""
    with connection.cursor(row_factory=as_row(RequestRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM request_board
             WHERE request_id = %s
            """,
            (request_id,),
        ).fetchone()


def requests(
    connection: psycopg.Connection,
    *,
    requester_id: str = "",
    provider_id: str = "",
    entry_id: str = "",
    status: RequestStatus | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[RequestRow]:
    """Return requests, the newest first: a requester's, a provider's, an entry's, or all.

    A provider sees none that has not left its requester. The next page begins `after`
    (drafted_at, request_id) of this one's last line.
    """
    moment, request_id = after or (None, "")
    sides = {"requester_id": requester_id, "provider_id": provider_id, "entry_id": entry_id}
    with connection.cursor(row_factory=as_row(RequestRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM request_board
             WHERE (%(requester_id)s = '' OR requester_id = %(requester_id)s)
               AND (%(provider_id)s = ''
                    OR (provider_id = %(provider_id)s AND submitted_at IS NOT NULL))
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(status)s = '' OR status = %(status)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (drafted_at, request_id) < (%(moment)s, %(request_id)s))
             ORDER BY drafted_at DESC, request_id DESC
             LIMIT %(limit)s
            """,
            {
                **sides,
                "status": status or "",
                "moment": moment,
                "request_id": request_id,
                "limit": limit,
            },
        ).fetchall()


def running(
    connection: psycopg.Connection,
    *,
    late_id: str = "",
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[RequestRow]:
    """Return requests with a clock that runs, the next to end first: one department's or all.

    `late_id` is who would be late: who has to act. The next page begins `after` (ends_at,
    request_id) of this one's last line.
    """
    moment, request_id = after or (None, "")
    with connection.cursor(row_factory=as_row(RequestRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM request_board
             WHERE ends_at IS NOT NULL
               AND (%(late_id)s = '' OR late_id = %(late_id)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (ends_at, request_id) > (%(moment)s, %(request_id)s))
             ORDER BY ends_at, request_id
             LIMIT %(limit)s
            """,
            {"late_id": late_id, "moment": moment, "request_id": request_id, "limit": limit},
        ).fetchall()


def counts(connection: psycopg.Connection, *, department_id: str = "") -> list[StatusCount]:
    """Return how many requests stand where: of a department (asking or asked), or of all."""
    with connection.cursor(row_factory=as_row(StatusCount)) as cursor:
        return cursor.execute(
            """
            SELECT status, count(*) AS count
              FROM request_board
             WHERE %(department_id)s = ''
                OR requester_id = %(department_id)s
                OR (provider_id = %(department_id)s AND submitted_at IS NOT NULL)
             GROUP BY status
             ORDER BY status
            """,
            {"department_id": department_id},
        ).fetchall()
