"""Files on their way in 汇聚: a payload is uploaded under its digest, then delivered as a batch.

Streamed to disk and hashed on the way, so a gigabyte needs no memory. What the hub finds in the
file is attached to `DeliverBatch` here, before it is decided; nobody else can attach it.
"""

from typing import Annotated

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Path, Request, Response

from adapters.http.asking import AtDesk
from adapters.http.desk import Desk
from adapters.http.exchange import headers_of
from adapters.http.openapi import describes
from adapters.http.problems import EdgeProblem, responses
from adapters.http.standing import Reader
from adapters.identity.words import Unauthenticated
from adapters.lake import intake
from hub.actor import Role, Speaker
from hub.catalog.entry import CatalogEntry
from hub.command import Command
from hub.convergence.commands import DeliverBatch
from hub.convergence.resource import Resource
from hub.errors import Forbidden

router = APIRouter(prefix="/api/v1/convergence", tags=["convergence"])
PAYLOAD_BYTES_MAX = 8 * 1024**3
UPLOADERS = frozenset({Role.CATALOGUER, Role.ADAPTER, Role.SHARING_HEAD, Role.DEPARTMENT_HEAD})
Digest = Annotated[
    str,
    Path(pattern=r"^(sha256:)?[0-9a-f]{64}$", description="sha256: and 64 hex digits 文件摘要"),
]


class Uploaded(msgspec.Struct, frozen=True):
    """A payload the hub holds now."""

    sha256: str
    bytes: int


def full(sha256: str) -> str:
    """Return a digest with its algorithm in front."""
    return sha256 if sha256.startswith("sha256:") else f"sha256:{sha256}"


@router.put(
    "/payloads/{sha256}",
    status_code=201,
    summary="Upload a file 上传文件",
    response_class=Response,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
    responses={
        201: {
            "description": "Stored 已保存",
            "content": {"application/json": {"schema": describes(Uploaded)}},
        },
        **responses(
            *("malformed", "unauthenticated", "forbidden", "too_large", "validation", "invalid"),
            *("busy", "overloaded", "unavailable"),
        ),
    },
)
async def upload(sha256: Digest, request: Request, desk: AtDesk) -> Response:
    """Store a file under its SHA-256; sending it again changes nothing."""
    wanted = full(sha256)
    reader = await _uploader(request, desk, wanted)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > PAYLOAD_BYTES_MAX:
        raise EdgeProblem(
            "too_large",
            f"a file may have at most {PAYLOAD_BYTES_MAX} bytes",
            f"文件不得超过{PAYLOAD_BYTES_MAX}字节",
        )
    size = await desk.store.take(wanted, request.stream(), PAYLOAD_BYTES_MAX)
    speaker = reader.speaker
    await desk.ask(lambda c: intake.note_upload(c, wanted, speaker.org_id, speaker.person_id, size))
    body = msgspec.json.encode(Uploaded(wanted, size))
    return Response(body, 201, {"content-type": "application/json"})


async def prepared(desk: Desk, command: Command, by: Speaker) -> Command:
    """Read the file of a delivery and attach what was found; other commands stay as they are."""
    if not isinstance(command, DeliverBatch):
        return command
    intake.check_unverified(command)
    had = await desk.ask(lambda c: intake.was_uploaded(c, command.sha256, by.org_id))
    if not had:
        raise intake.not_uploaded(command.sha256)
    resource = await desk.standings.the(Resource, command.resource_id)
    entry = await desk.standings.the(CatalogEntry, resource.entry_id)
    return await anyio.to_thread.run_sync(
        intake.verified, desk.store, command, resource, entry.in_force()
    )


async def _uploader(request: Request, desk: Desk, sha256: str) -> Reader:
    """Admit who may upload; of a signed request the signature is over the same digest."""
    visitor = await desk.door.admit(
        request.method, request.url.path, request.url.query, headers_of(request.scope)
    )
    signed = "" if visitor.body_sha256 is None else visitor.body_sha256.hex()
    if visitor.signed and signed != sha256.removeprefix("sha256:"):
        raise Unauthenticated(
            "the signature is over another file than the address names (Content-Digest)",
            "签名内容与地址中的文件摘要不符(Content-Digest)",
        )
    reader = await desk.standings.reader(visitor.speaker)
    if not reader.roles & UPLOADERS:
        raise Forbidden(
            "files are uploaded by the cataloguer, the heads or an adapter of a department",
            "文件由部门的编目员、负责人或前置机上传",
        )
    return reader
