"""Questions about clocks and acts 监督: deadlines, the audit trail, the events behind a line."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Response

from adapters.http.described import listing, single
from adapters.http.problems import EdgeProblem
from adapters.http.question import A, not_there
from adapters.http.reading import check_officer, check_sees, whose
from hub.codec import decode
from hub.command import OrgId, PersonId
from hub.departments.calendar import local_day
from hub.departments.organization import Organization
from hub.record import Recorded
from hub.sharing.events import RequestApprovedInternally, RequestDrafted
from hub.supervision.audit import Subject
from projections import audit_trail, deadlines, reader
from projections.audit_trail import AUDIT_TRAIL, AuditRow
from projections.deadlines import DEADLINES, DeadlineRow

router = APIRouter(prefix="/api/v1/supervision", tags=["supervision"])
_INSIDE = frozenset({RequestDrafted.TOPIC, RequestApprovedInternally.TOPIC})
"""What happens to a request before it leaves its requester."""
Id = Annotated[str, Query(max_length=200, pattern=r"^[a-z_.]+:[A-Za-z0-9._~-]+$")]


class Which(StrEnum):
    """Which duties are asked for."""

    OPEN = "open"
    OVERDUE = "overdue"


class EventShown(msgspec.Struct, frozen=True):
    """An event as it stands in the record, with the exact bytes that were hashed as JSON."""

    position: int
    topic: str
    stream_id: str
    version: int
    schema_version: int
    recorded_at: datetime
    leaf: str
    state: dict[str, Any]


@router.get("/deadlines", summary="Duties and their terms 时限", **listing(DeadlineRow))
async def duties(
    asked: A,
    owner_id: OrgId | None = None,
    case_id: Id | None = None,
    which: Which = Which.OPEN,
) -> Response:
    """List what a department owes and until when, all duties of a case, or what is overdue."""
    now = asked.desk.clock()
    owner = await whose(asked.reader, asked.desk.standings, owner_id or "", now)
    then = await asked.stood.now()
    last = asked.key(date, str, str)

    def question(connection: psycopg.Connection) -> Sequence[DeadlineRow]:
        if case_id:
            return deadlines.of_case(connection, case_id)
        if which is Which.OPEN and owner:
            return deadlines.open_of(connection, owner, after=last, limit=asked.limit)
        return deadlines.overdue(connection, then, owner_id=owner, after=last, limit=asked.limit)

    return await asked.page(
        question,
        DeadlineRow,
        key=lambda row: (row.due_on, row.clock_id, row.duty),
        view=DEADLINES.name,
        about=of_deadline,
        whole=case_id is not None,
    )


@router.get("/audit-trail", summary="Who did what 审计轨迹", **listing(AuditRow))
async def trail(
    asked: A,
    case_id: Id | None = None,
    subject_id: Id | None = None,
    person_id: PersonId | None = None,
) -> Response:
    """List the events of a case, those that name an id, or those of a person, in order."""
    check_officer(asked.reader)
    (last,) = asked.key(int) or (0,)

    def question(connection: psycopg.Connection) -> Sequence[AuditRow]:
        if case_id:
            return audit_trail.of_case(connection, case_id, after=last, limit=asked.limit)
        if subject_id:
            return audit_trail.of_subject(connection, subject_id, after=last, limit=asked.limit)
        who = person_id or asked.reader.speaker.person_id
        return audit_trail.by_person(connection, who, after=last, limit=asked.limit)

    if sum(each is not None for each in (case_id, subject_id, person_id)) > 1:
        raise EdgeProblem(
            "malformed",
            "ask for one of case_id, subject_id, person_id",
            "case_id、subject_id、person_id 只能选择其一",
        )
    return await asked.page(
        question, AuditRow, key=lambda row: (row.position,), view=AUDIT_TRAIL.name, about=matter
    )


@router.get("/events/{position}", summary="One event 事件原文", **single(EventShown))
async def event(asked: A, position: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Show an event of the record: what stands behind a line or a figure."""
    check_officer(asked.reader)
    looking_back = asked.stood.moment is not None

    def question(connection: psycopg.Connection) -> Sequence[Recorded]:
        if looking_back and not audit_trail.at_positions(connection, [position]):
            return ()
        return reader.at(connection, [position])

    rows = await asked.ask(question)
    if not rows:
        raise not_there(f"position {position}")
    recorded = rows[0]
    found = decode(recorded.topic, recorded.schema_version, recorded.state)
    subjects = audit_trail.subjects_of(found)
    subject = concerns(
        recorded.topic, found.case_id, subjects, found.by.org_id, local_day(found.at)
    )
    await check_sees(asked.reader, asked.desk.standings, subject, asked.desk.clock())
    body = msgspec.json.encode(
        EventShown(
            recorded.position,
            recorded.topic,
            recorded.stream_id,
            recorded.version,
            recorded.schema_version,
            recorded.recorded_at,
            recorded.leaf.hex(),
            msgspec.json.decode(recorded.state),
        )
    )
    await asked.note_audit(1, body)
    headers = {"content-type": "application/json", "cache-control": "private, immutable"}
    return Response(body, headers=headers)


def of_deadline(row: DeadlineRow) -> Subject:
    """Return whom a term concerns: who owes."""
    entry = row.case_id if row.case_id.startswith("catalog.entry:") else ""
    return Subject(row.case_id, entry, (row.owner_id,), row.started_on)


def matter(row: AuditRow) -> Subject:
    """Return whom a line of the trail concerns."""
    return concerns(row.topic, row.case_id, row.subjects, row.org_id, local_day(row.at))


def concerns(topic: str, case_id: str, ids: Sequence[str], author_id: str, on: date) -> Subject:
    """Return the departments and the entry an event concerns: the author, and those it names.

    What happened inside the requester before a request was sent concerns nobody else.
    """
    named = () if topic in _INSIDE else (i for i in ids if i.startswith(Organization.STREAM))
    departments = (*named, author_id) if author_id.startswith(Organization.STREAM) else (*named,)
    entry = next((i for i in ids if i.startswith("catalog.entry:")), "")
    return Subject(case_id, entry, tuple(dict.fromkeys(departments)), on)
