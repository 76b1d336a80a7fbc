"""Files on their way out 共享: what a grant gives to read, checked and metered before it leaves.

The requester lists the batches behind a grant and takes each file by the digest of its batch;
what is sent is the extract of the granted items. A broken download goes on with `Range`.
"""

import re
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import anyio
import anyio.to_thread
import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from adapters.http.described import ALWAYS, listing
from adapters.http.exchange import headers_of
from adapters.http.posting import legal_time
from adapters.http.problems import EdgeProblem, responses
from adapters.http.question import A, Asked
from adapters.http.reading import check_sees
from adapters.http.uploads import Digest, full
from adapters.identity.signature import content_digest
from adapters.lake import granted, meter
from adapters.lake.granted import GrantedBatch, Opened
from hub.catalog.entry import CatalogEntry
from hub.command import GrantId
from hub.convergence.resource import Resource
from hub.departments.calendar import local_day
from hub.errors import Forbidden
from hub.sharing.grant import Grant
from hub.supervision.audit import Subject
from projections.batches import BATCHES, BatchRow

router = APIRouter(prefix="/api/v1/sharing/grants/{grant_id}", tags=["sharing"])
GrantPath = Annotated[GrantId, Path(description="sharing.grant:…")]
PIECE_BYTES = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


class Part(msgspec.Struct, frozen=True):
    """The bytes to be sent: from the first, so many."""

    first: int
    size: int


@router.get("/batches", summary="Batches under a grant 授权数据批次", **listing(GrantedBatch))
async def batches(asked: A, grant_id: GrantPath) -> Response:
    """List the batches a grant gives to read, in the order they were delivered."""
    grant = await asked.desk.standings.the(Grant, grant_id)
    parties = (grant.requester_id, grant.provider_id)
    subject = Subject(grant.request_id, grant.entry_id, parties, grant.valid_from)
    await check_sees(asked.reader, asked.desk.standings, subject, asked.desk.clock())
    (last,) = asked.key(int) or (0,)
    return await asked.page(
        lambda connection: granted.batches(connection, grant, after=last, limit=asked.limit),
        GrantedBatch,
        key=lambda row: (row.position,),
        view=BATCHES.name,
    )


_FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/payloads/{sha256}",
    summary="Take a file under a grant 下载授权数据",
    response_class=Response,
    responses={
        200: {"description": "The file 文件", "content": _FILE},
        206: {"description": "A part of it 部分内容", "content": _FILE},
        **responses(*ALWAYS, "range_not_satisfiable"),
    },
)
async def take(
    asked: A,
    grant_id: GrantPath,
    sha256: Digest,
    request: Request,
    system: Annotated[str, Query(max_length=80, description="For which system 使用系统")] = "",
) -> Response:
    """Send the granted items of a batch; each reading is written down before the first byte."""
    asked.stood.present_only()
    desk = asked.desk
    grant = await desk.standings.the(Grant, grant_id)
    if asked.reader.org_id != grant.requester_id or not asked.reader.roles:
        raise Forbidden(
            f"only {grant.requester_id} reads data under this grant",
            f"仅{grant.requester_id}可依据该授权读取数据",
        )
    opened = await _opened(asked, grant, grant_id, full(sha256), system)
    tag = f'"{opened.sha256}"'
    part = _part(request, opened.bytes, tag)
    at = legal_time(headers_of(request.scope), desk)
    person_id = asked.reader.speaker.person_id
    await desk.ask(
        lambda connection: meter.note(
            connection, grant_id, opened, person_id, at, first_byte=part.first, size=part.size
        )
    )
    last = part.first + part.size - 1
    whole = part.size == opened.bytes
    headers = {
        "content-type": opened.content_type,
        "content-length": str(part.size),
        "accept-ranges": "bytes",
        "etag": tag,
        "repr-digest": content_digest(bytes.fromhex(opened.sha256.removeprefix("sha256:"))),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(opened.file_name)}",
        "hub-rows": str(opened.rows),
        "cache-control": "private, no-store",
        **({} if whole else {"content-range": f"bytes {part.first}-{last}/{opened.bytes}"}),
    }
    return StreamingResponse(_pieces(opened, part), 200 if whole else 206, headers)


async def _opened(asked: Asked, grant: Grant, grant_id: str, sha256: str, system: str) -> Opened:
    """Check the reading against the grant and make the file that may leave."""
    desk = asked.desk
    at = legal_time(headers_of(asked.request.scope), desk)

    def question(connection: psycopg.Connection) -> tuple[BatchRow, int]:
        batch = granted.batch_of(connection, grant, sha256)
        return batch, meter.calls_on(connection, grant_id, local_day(at))

    batch, calls = await desk.ask(question)
    resource = await desk.standings.the(Resource, batch.resource_id)
    entry = await desk.standings.the(CatalogEntry, grant.entry_id)
    chosen = granted.check(grant, resource.kind, system, at, calls)
    return await anyio.to_thread.run_sync(
        granted.open_payload, desk.store, grant, resource, entry.in_force(), batch, chosen
    )


def _part(request: Request, size: int, tag: str) -> Part:
    """Return which bytes are asked for; a range that is no longer of this file asks for all."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", tag) != tag:
        return Part(0, size)
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    if first > last:
        raise EdgeProblem(
            "range_not_satisfiable",
            f"the file has {size} bytes; the range begins after its end",
            f"文件共{size}字节，请求范围超出文件",
            where="Range",
            headers={"content-range": f"bytes */{size}"},
        )
    return Part(first, last - first + 1)


async def _pieces(opened: Opened, part: Part) -> AsyncIterator[bytes]:
    left = part.size
    async with await anyio.open_file(opened.path, "rb") as file:
        await file.seek(part.first)
        while left:
            piece = await file.read(min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
