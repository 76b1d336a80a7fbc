"""Evidence bundles 证据包: what an auditor carries away, to be verified without the hub."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import IO, Annotated
from urllib.parse import quote

import anyio.to_thread
import msgspec
import psycopg
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from uuid_utils import uuid7

from adapters.evidence.bundle import make
from adapters.evidence.order import Made, Order, Sources, Taker
from adapters.evidence.sealing import newest
from adapters.evidence.selection import Kind, Selection, of_period
from adapters.http.ask_trail import matter
from adapters.http.asking import AtDesk, UnderAudit, check_known, visitor_of
from adapters.http.described import ALWAYS
from adapters.http.desk import Desk
from adapters.http.problems import EdgeProblem, responses
from adapters.http.reading import audits
from adapters.http.standing import Reader
from adapters.identity.door import Visitor
from adapters.identity.signature import content_digest
from hub.command import EntryId, OrgId
from hub.errors import Forbidden
from hub.supervision.commands import RecordAuditExport
from projections import engagements
from projections.audit_trail import AUDIT_TRAIL
from projections.positions import Behind, wait_for

router = APIRouter(
    prefix="/api/v1/supervision", tags=["supervision"], dependencies=[Depends(check_known)]
)
EVENTS_MAX = 10_000
"""A larger bundle is the operator's to make, at the command line."""
WAIT_SECONDS_MAX = 5.0
PIECE_BYTES = 1024 * 1024
_BUNDLE = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
CaseId = Annotated[str, Query(max_length=200, pattern=r"^[a-z_.]+:[A-Za-z0-9._~-]+$")]


class Packed(msgspec.Struct, frozen=True):
    """A bundle in a temporary file, its figures and its SHA-256."""

    file: IO[bytes]
    made: Made
    size: int
    sha256: bytes


@router.get(
    "/evidence",
    summary="Evidence bundle 证据包",
    response_class=Response,
    responses={
        200: {"description": "The bundle, a ZIP 证据包", "content": _BUNDLE},
        **responses(*ALWAYS),
    },
)
async def evidence(  # noqa: PLR0913, PLR0917 - one parameter each for what the address may say
    request: Request,
    desk: AtDesk,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    hub_audit: UnderAudit = None,
    case_id: CaseId | None = None,
    entry_id: EntryId | None = None,
    department_id: OrgId | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """Take the events of a case, an entry, a department or a period (days in China), with proofs.

    Only an auditor, inside the engagement he names in Hub-Audit; what lies outside its scope is
    left out and counted. The export is recorded with the SHA-256 of the bundle before it is sent.
    """
    reader = await desk.standings.reader(visitor.speaker, hub_audit or "")
    if reader.engagement is None:
        raise Forbidden(
            "an evidence bundle is taken by an auditor inside the engagement named in Hub-Audit",
            "证据包仅由审计人员在 Hub-Audit 所列审计项目内提取",
        )
    selection = _selection(case_id, entry_id, department_id, first, last)
    now = desk.clock()
    packed = await desk.ask(lambda connection: _packed(connection, desk, reader, selection, now))
    command = RecordAuditExport(
        audit_id=reader.engagement_id,
        query=f"GET {request.url.path}?{request.url.query}",
        rows=packed.made.events,
        sha256=f"sha256:{packed.sha256.hex()}",
    )
    try:
        await desk.hub.execute(command, reader.speaker, now, command_id=f"audit-evidence-{uuid7()}")
    except BaseException:
        packed.file.close()
        raise
    return _sent(packed, selection)


def _sent(packed: Packed, selection: Selection) -> Response:
    """Return the bundle as a file to be saved; it is closed when it has been sent."""
    name = f"{(selection.id or selection.kind).replace(':', '-')}-{packed.made.size}.zip"
    headers = {
        "content-length": str(packed.size),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "repr-digest": content_digest(packed.sha256),
        "hub-rows": str(packed.made.events),
        "cache-control": "private, no-store",
    }
    return StreamingResponse(_pieces(packed.file), 200, headers, "application/zip")


def _selection(
    case_id: str | None,
    entry_id: str | None,
    department_id: str | None,
    first: date | None,
    last: date | None,
) -> Selection:
    ids = {Kind.CASE: case_id, Kind.ENTRY: entry_id, Kind.DEPARTMENT: department_id}
    chosen = [Selection(kind, one) for kind, one in ids.items() if one is not None]
    if first is not None and last is not None:
        chosen.append(of_period(first, last))
    if len(chosen) != 1 or (first is None) != (last is None):
        raise EdgeProblem(
            "malformed",
            "ask for one of case_id, entry_id, department_id, or from and to",
            "case_id、entry_id、department_id 或 from 与 to 只能选择其一",
        )
    return chosen[0]


def _packed(
    connection: psycopg.Connection,
    desk: Desk,
    reader: Reader,
    selection: Selection,
    now: datetime,
) -> Packed:
    """Make the bundle in a temporary file; runs in a thread."""
    settings, files = desk.settings, desk.sealed.files
    _wait_for_trail(connection, newest(files).size)
    row = engagements.engagement(connection, reader.engagement_id)
    taker = Taker(
        reader.speaker.person_id,
        reader.org_id,
        reader.engagement_id,
        "" if row is None else row.notice_number,
    )
    order = Order(selection, taker, lambda line: audits(reader, matter(line), now), EVENTS_MAX)
    sources = Sources(files, settings.witness_policy, settings.tsa_certificate)
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has been sent
    try:
        made = make(connection, sources, order, file)
        length = file.tell()
        file.seek(0)
        digest = hashlib.sha256()
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Packed(file, made, length, digest.digest())


def _wait_for_trail(connection: psycopg.Connection, position: int) -> None:
    """Wait until the trail, by which the scope is judged, has come as far as the checkpoint."""
    try:
        wait_for(connection, position, names=[AUDIT_TRAIL.name], seconds_max=WAIT_SECONDS_MAX)
    except Behind as behind:
        raise EdgeProblem(
            "behind",
            str(behind),
            "审计轨迹尚未更新到最新检查点，请稍后再试",
            headers={"retry-after": "1"},
        ) from behind


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await anyio.to_thread.run_sync(file.read, PIECE_BYTES):
            yield piece
    finally:
        file.close()
