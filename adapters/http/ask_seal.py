"""Questions about the seal 存证: the head of the log, proofs, receipts, who has witnessed it.

What is only hashes and times is answered to everybody, as the tiles are: whoever checks the hub
need not ask it for an account. A receipt is given to whoever may read its event.
"""

from datetime import datetime
from typing import Annotated

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response

from adapters.http.ask_trail import matter
from adapters.http.asking import AtDesk, check_known
from adapters.http.described import ALWAYS, single
from adapters.http.problems import responses
from adapters.http.question import A, not_there
from adapters.http.reading import check_sees
from adapters.http.sealed import Seen
from adapters.seal import proofs
from adapters.seal.history import HourState
from hub.codec import decode
from hub.errors import NotFound
from projections import audit_trail, reader

router = APIRouter(prefix="/api/v1/seal", tags=["seal"], dependencies=[Depends(check_known)])
_MAX = 2**62
Position = Annotated[int, Query(ge=1, le=_MAX, description="Position in the record, from 1 位置")]
Size = Annotated[int, Query(ge=1, le=_MAX, description="Events in the log 日志规模")]
Older = Annotated[int, Query(ge=0, le=_MAX, description="Events in the older log 旧规模")]


class CheckpointShown(msgspec.Struct, frozen=True):
    """The head of the log: `note` is what is signed and cosigned, the rest says it in words.

    `witnessed`: enough witnesses have cosigned just this one; `witnessed_size` and `witnessed_at`
    tell of the last one for which they had. Without a policy nobody is asked to.
    """

    note: str
    origin: str
    size: int
    root: str
    signed_at: datetime | None
    demands_witnesses: bool
    witnessed: bool
    witnessed_at: datetime | None
    witnessed_size: int
    witnesses: tuple[Seen, ...]
    position: int
    lag_events: int
    lag_seconds: float
    trouble: str | None


class InclusionShown(msgspec.Struct, frozen=True):
    """That a position stands in the log of `size` events: hashes in hex, nearest sibling first."""

    position: int
    index: int
    size: int
    leaf: str
    hashes: tuple[str, ...]
    root: str


class ConsistencyShown(msgspec.Struct, frozen=True):
    """That the log of `new` events begins with the log of `old`: hashes in hex, RFC 6962 §2.1.2."""

    old: int
    new: int
    old_root: str
    new_root: str
    hashes: tuple[str, ...]


class HourShown(msgspec.Struct, frozen=True):
    """An hour of the log: its last checkpoint's size, and whether it was witnessed and stamped."""

    begins_at: datetime
    state: HourState
    witnessed: bool
    size: int
    grew: bool
    stamped_at: datetime | None


class Hours(msgspec.Struct, frozen=True):
    """The log by hour, oldest first."""

    items: tuple[HourShown, ...]


@router.get("/checkpoint", summary="Head of the log 最新检查点", **single(CheckpointShown))
async def checkpoint(desk: AtDesk) -> Response:
    """Show the last checkpoint, who has witnessed it, and how far the record is ahead."""
    look = await desk.ask(desk.sealed.look)
    if not look.note:
        raise NotFound(
            "nothing is sealed yet; the first checkpoint comes with the first event",
            "尚无检查点；首个事件封存后生成",
        )
    names = CheckpointShown.__struct_fields__
    return _json(CheckpointShown(**{name: getattr(look, name) for name in names}))


@router.get("/checkpoints", summary="The log by hour 逐时检查点", **single(Hours))
async def checkpoints(desk: AtDesk) -> Response:
    """Show the last seven days by hour: witnessed or not, stamped or not."""
    look = await desk.ask(desk.sealed.look)
    shown = (
        HourShown(
            each.begins_at,
            each.state,
            each.state is HourState.WITNESSED,
            each.size,
            each.grew,
            each.stamped_at,
        )
        for each in look.hours
    )
    return _json(Hours(tuple(shown)))


@router.get("/inclusion", summary="Proof of inclusion 包含证明", **single(InclusionShown))
async def inclusion(desk: AtDesk, position: Position, size: Size | None = None) -> Response:
    """Prove that a position stands in the log as it is, or as it was with `size` events."""
    found = await anyio.to_thread.run_sync(proofs.inclusion, desk.sealed.files, position, size)
    return _json(
        InclusionShown(
            found.position,
            found.position - 1,
            found.size,
            found.leaf.hex(),
            tuple(each.hex() for each in found.hashes),
            found.root.hex(),
        )
    )


@router.get("/consistency", summary="Proof of consistency 一致性证明", **single(ConsistencyShown))
async def consistency(desk: AtDesk, old: Older, new: Size | None = None) -> Response:
    """Prove that the log grew from `old` to `new` events without a change."""
    found = await anyio.to_thread.run_sync(proofs.consistency, desk.sealed.files, old, new)
    return _json(
        ConsistencyShown(
            found.old,
            found.new,
            found.old_root.hex(),
            found.new_root.hex(),
            tuple(each.hex() for each in found.hashes),
        )
    )


_TEXT = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/key",
    summary="The log's public key 日志公钥",
    response_class=Response,
    responses={200: {"description": "name+id+key", "content": _TEXT}, **responses(*ALWAYS)},
)
async def key(desk: AtDesk) -> Response:
    """Give the log's public key as one word; compare it with a copy that came another way."""
    found = await anyio.to_thread.run_sync(proofs.key_of, desk.sealed.files)
    return Response(f"{found.text}\n", headers=_TEXT_HEADERS)


@router.get(
    "/receipts/{position}",
    summary="Receipt of an event 事件回执",
    response_class=Response,
    responses={200: {"description": "A C2SP tlog-proof", "content": _TEXT}, **responses(*ALWAYS)},
)
async def receipt(asked: A, position: Annotated[int, Path(ge=1, le=_MAX)]) -> Response:
    """Give the receipt of an event: with the log's key it proves offline that the event stands.

    For whoever may read the event, and always for the organisation that caused it.
    """
    desk = asked.desk
    rows = await desk.ask(lambda connection: reader.at(connection, [position]))
    if not rows:
        raise not_there(f"position {position}")
    event = decode(rows[0].topic, rows[0].schema_version, rows[0].state)
    if event.by.org_id != asked.reader.org_id:
        subject = matter(audit_trail.fold((), None, event, rows[0]))
        await check_sees(asked.reader, desk.standings, subject, desk.clock())
    sealed = desk.sealed
    body = await desk.ask(
        lambda connection: proofs.receipt(
            sealed.files, rows[0], sealed.best_note(connection, position)
        )
    )
    await asked.note_audit(1, body)
    name = f'attachment; filename="event-{position}.tlog-proof"'
    return Response(body, headers={**_TEXT_HEADERS, "content-disposition": name})


_TEXT_HEADERS = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-cache"}


def _json(shown: msgspec.Struct) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-cache"}
    return Response(msgspec.json.encode(shown), headers=headers)
