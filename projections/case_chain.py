"""一案全程 The whole chain of one case: who did what, when, on what basis, in what words.

To a request belong its grant, the use of it and the feedback on it, the entry it asks for, and the
correction cases its requester raised on that entry; to a correction case its entry.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg

from hub.actor import Role, Via
from hub.codec import decode
from hub.departments.calendar import CHINA
from hub.record import Recorded
from hub.term import Language, term
from projections import audit_trail, reader
from projections.audit_trail import AuditRow
from projections.query import as_row


class ChainRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a case; both times are the city's, `state` the very bytes that were hashed.

    `at` is when it happened in law, `recorded_at` when it entered the record; `leaf` is its hash
    in the sealed log, `receipt` where the proof of that is had.
    """

    position: int
    topic: str
    what_zh: str
    what_en: str
    at: datetime
    recorded_at: datetime
    org_id: str
    org_name: str
    person_id: str
    role: Role
    role_zh: str
    role_en: str
    via: Via
    legal_basis_id: str
    basis_title: str
    basis_number: str
    article: str
    case_id: str
    stream_id: str
    version: int
    schema_version: int
    subjects: tuple[str, ...]
    state: str
    leaf: str
    receipt: str


def chain(
    connection: psycopg.Connection, case_id: str, *, after: int = 0, limit: int = 100
) -> list[ChainRow]:
    """Return the events of a case in the order of the record; the next page is `after` a position.

    Empty for a case that the views do not know.
    """
    lines = _lines(connection, case_id, cases_of(connection, case_id), after, limit)
    events = {
        each.position: each for each in reader.at(connection, [one.position for one in lines])
    }
    orgs = org_names(connection, [one.org_id for one in lines])
    rows = [_row(line, events[line.position], orgs) for line in lines]
    bases = _bases(connection, [row.legal_basis_id for row in rows])
    return [_with_basis(row, bases) for row in rows]


def cases_of(connection: psycopg.Connection, case_id: str) -> list[str]:
    """Return the cases that belong to one: itself first, then its entry and its corrections."""
    found = connection.execute(
        """
        SELECT r.request_id, r.entry_id, c.correction_id
          FROM request_board AS r
          LEFT JOIN correction_board AS c
            ON c.entry_id = r.entry_id
           AND c.raiser_id = r.requester_id
         WHERE r.request_id = %(case)s
            OR r.request_id IN (SELECT request_id FROM sharing_ledger WHERE grant_id = %(case)s)
            OR r.request_id IN (SELECT request_id FROM feedback_board WHERE feedback_id = %(case)s)
         UNION ALL
        SELECT correction_id, entry_id, NULL
          FROM correction_board
         WHERE correction_id = %(case)s
        """,
        {"case": case_id},
    ).fetchall()
    return list(dict.fromkeys([case_id, *(each for line in found for each in line if each)]))


def org_names(connection: psycopg.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the names of organisations by id."""
    found = connection.execute(
        """
        SELECT org_id, name
          FROM directory
         WHERE org_id = ANY (%s)
        """,
        (list(ids),),
    ).fetchall()
    return dict(found)


def _lines(
    connection: psycopg.Connection, case_id: str, cases: Sequence[str], after: int, limit: int
) -> list[AuditRow]:
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM audit_trail
             WHERE (case_id = ANY (%s) OR subjects @> ARRAY[%s::text])
               AND position > %s
             ORDER BY position
             LIMIT %s
            """,
            (list(cases), case_id, after, limit),
        ).fetchall()


def _row(line: AuditRow, recorded: Recorded, orgs: dict[str, str]) -> ChainRow:
    event = decode(recorded.topic, recorded.schema_version, recorded.state)
    basis = event.basis
    return ChainRow(
        position=line.position,
        topic=line.topic,
        what_zh=term(line.topic, "zh"),
        what_en=term(line.topic, "en"),
        at=line.at.astimezone(CHINA),
        recorded_at=line.recorded_at.astimezone(CHINA),
        org_id=line.org_id,
        org_name=orgs.get(line.org_id, ""),
        person_id=line.person_id,
        role=event.by.role,
        role_zh=_word(event.by.role, "zh"),
        role_en=_word(event.by.role, "en"),
        via=event.by.via,
        legal_basis_id="" if basis is None else basis.legal_basis_id,
        basis_title="",
        basis_number="",
        article="" if basis is None else basis.article,
        case_id=line.case_id,
        stream_id=recorded.stream_id,
        version=recorded.version,
        schema_version=recorded.schema_version,
        subjects=audit_trail.subjects_of(event),
        state=recorded.state.decode(),
        leaf=recorded.leaf.hex(),
        receipt=f"/api/v1/seal/receipts/{line.position}",
    )


def _word(role: Role, language: Language) -> str:
    return term(f"role.{role.value}", language)


class _Basis(msgspec.Struct, frozen=True):
    title: str
    number: str


def _bases(connection: psycopg.Connection, ids: Sequence[str]) -> dict[str, _Basis]:
    found = connection.execute(
        """
        SELECT legal_basis_id, title, number
          FROM legal_bases
         WHERE legal_basis_id = ANY (%s)
        """,
        ([each for each in ids if each],),
    ).fetchall()
    return {basis_id: _Basis(title, number) for basis_id, title, number in found}


def _with_basis(row: ChainRow, bases: dict[str, _Basis]) -> ChainRow:
    basis = bases.get(row.legal_basis_id)
    if basis is None:
        return row
    return msgspec.structs.replace(row, basis_title=basis.title, basis_number=basis.number)
