"""The log as static files (C2SP tlog-tiles): checkpoint, tiles of hashes, bundles of entries.

Hashes are for everybody: they tell how many events there were, nothing of what they say. Entries
are made from the record when they are asked for, by whoever may read every event among them.
"""

import asyncio
import re
from pathlib import Path as FilePath
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Response

from adapters.http.ask_trail import matter
from adapters.http.asking import AtDesk
from adapters.http.described import ALWAYS
from adapters.http.problems import responses
from adapters.http.question import A
from adapters.http.reading import all_seen, check_officer
from adapters.seal.store import CHECKPOINT, LogFiles
from hub.codec import decode
from hub.errors import Forbidden, NotFound
from hub.record import Recorded, log_entry, rfc3339
from hub.seal.merkle import HASH_BYTES
from hub.seal.tiles import WIDTH, Tile, parse
from hub.supervision.audit import Subject
from projections import audit_trail
from projections.reader import pages

router = APIRouter(prefix="/log", tags=["seal"])
FOREVER = "max-age=31536000, immutable"
_LENGTH_BYTES = 2
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_DAILY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.(checkpoint|tsr)")
DAILY = "daily"
Name = Annotated[str, Path(max_length=40, description="2026-11-22.checkpoint or 2026-11-22.tsr")]
Address = Annotated[str, Path(max_length=100, description="e.g. 0/x001/067 or 0/x001/068.p/5")]


def _file(content: dict[str, Any], *problems: str) -> dict[str, Any]:
    ok = {"description": "The file 文件", "content": content}
    return {"response_class": Response, "responses": {200: ok, **responses(*problems)}}


@router.get("/checkpoint", summary="Signed checkpoint 检查点", **_file(_TEXT, "not_found"))
async def checkpoint(desk: AtDesk) -> Response:
    """Give the head of the log as a signed note: origin, size, root, signatures."""
    return await _checkpoint(desk.settings.log_dir)


@router.get(
    "/sm3/checkpoint", summary="Checkpoint of the SM3 tree 国密检查点", **_file(_TEXT, "not_found")
)
async def sm3_checkpoint(desk: AtDesk) -> Response:
    """Give the head of the parallel SM3 tree, where the hub keeps one."""
    return await _checkpoint(desk.settings.log_dir / "sm3")


@router.get(
    "/tile/entries/{address:path}",
    summary="Log entries of 256 events 日志条目",
    **_file(_BYTES, *ALWAYS),
)
async def entries(asked: A, address: Address) -> Response:
    """Give the entries under tile 0/N: of each the length in two bytes, then its bytes."""
    tile = _parsed(f"tile/entries/{address}")
    check_officer(asked.reader)
    first = tile.number * WIDTH + 1
    last = first + tile.width - 1
    if last > await anyio.to_thread.run_sync(asked.desk.sealed.size):
        raise _no_tile(address)
    recorded = await asked.desk.ask(
        lambda connection: [
            event for page in pages(connection, first - 1, upto=last) for event in page.events
        ]
    )
    subjects = [_matter(each) for each in recorded]
    seen = await all_seen(asked.reader, asked.desk.standings, subjects, asked.desk.clock())
    if not all(seen):
        raise Forbidden(
            f"among the positions {first} to {last} are events that you may not read; entries are"
            " given 256 at once, to whoever may read all of them",
            f"位置{first}至{last}中含有您无权查阅的事件；日志条目每256条一并提供，须有权查阅全部",
        )
    body = b"".join(map(_prefixed, recorded))
    await asked.note_audit(len(recorded), body)
    return Response(body, headers=_forever("private"), media_type="application/octet-stream")


@router.get("/tile/{address:path}", summary="Tile of hashes 哈希分块", **_file(_BYTES, "not_found"))
async def tile(desk: AtDesk, address: Address) -> Response:
    """Give up to 256 hashes of the tree, by level and number."""
    return await _tile(desk.settings.log_dir, address)


@router.get(
    "/sm3/tile/{address:path}",
    summary="Tile of the SM3 tree 国密哈希分块",
    **_file(_BYTES, "not_found"),
)
async def sm3_tile(desk: AtDesk, address: Address) -> Response:
    """Give up to 256 hashes of the parallel SM3 tree."""
    return await _tile(desk.settings.log_dir / "sm3", address)


@router.get(
    "/daily/{name}",
    summary="A day's checkpoint and its time stamp 每日检查点与时间戳",
    **_file({"*/*": {"schema": {"type": "string", "format": "binary"}}}, "not_found"),
)
async def daily(desk: AtDesk, name: Name) -> Response:
    """Give a day's checkpoint, or the RFC 3161 time stamp over it."""
    if not _DAILY.fullmatch(name):
        raise _no_day(name)
    try:
        held = await asyncio.to_thread((desk.settings.log_dir / DAILY / name).read_bytes)
    except FileNotFoundError as error:
        raise _no_day(name) from error
    kind = "application/timestamp-reply" if name.endswith(".tsr") else "text/plain; charset=utf-8"
    return Response(held, headers={**_forever("public"), "content-type": kind})


async def _checkpoint(folder: FilePath) -> Response:
    try:
        note = await asyncio.to_thread((folder / CHECKPOINT).read_bytes)
    except FileNotFoundError as error:
        raise NotFound(
            "nothing is sealed yet; the first checkpoint comes with the first event",
            "尚无检查点；首个事件封存后生成",
        ) from error
    headers = {"cache-control": "public, max-age=1", "content-type": "text/plain; charset=utf-8"}
    return Response(note, headers=headers)


async def _tile(folder: FilePath, address: str) -> Response:
    place = _parsed(f"tile/{address}")
    bytes_ = place.width * HASH_BYTES
    try:
        held = await asyncio.to_thread(LogFiles(folder).fetch, f"tile/{address}")
    except FileNotFoundError as error:
        raise _no_tile(address) from error
    if len(held) < bytes_:
        raise _no_tile(address)
    # Of a part that is gone the whole came; what was asked for is its beginning.
    body = held[:bytes_]
    return Response(body, headers=_forever("public"), media_type="application/octet-stream")


def _parsed(address: str) -> Tile:
    try:
        return parse(address)
    except ValueError as error:
        raise _no_tile(address.removeprefix("tile/")) from error


def _no_tile(address: str) -> NotFound:
    return NotFound(
        f"the log has no tile {address[:100]}; the size stands in /log/checkpoint, the addresses"
        " follow C2SP tlog-tiles: L/N, for the last of a level L/N.p/W",
        f"日志没有分块{address[:100]}；规模见/log/checkpoint，地址格式见C2SP tlog-tiles",
    )


def _no_day(name: str) -> NotFound:
    return NotFound(
        f"there is no {name[:40]}; a stamped day has DATE.checkpoint and DATE.tsr",
        f"没有{name[:40]}；已加盖时间戳的日期有 日期.checkpoint 与 日期.tsr",
    )


def _forever(who: str) -> dict[str, str]:
    return {"cache-control": f"{who}, {FOREVER}"}


def _matter(recorded: Recorded) -> Subject:
    event = decode(recorded.topic, recorded.schema_version, recorded.state)
    return matter(audit_trail.fold((), None, event, recorded))


def _prefixed(recorded: Recorded) -> bytes:
    entry = log_entry(recorded, rfc3339(recorded.recorded_at))
    return len(entry).to_bytes(_LENGTH_BYTES, "big") + entry
