"""Cosignatures of witnesses that fetch the log themselves 见证签名: POST /log/add-cosignature.

Without login: the signature is the credential. Only a valid cosignature of a witness of the policy
on a checkpoint of this log is taken; the sealer then publishes it with the checkpoint.
"""

import time

import anyio.to_thread
import psycopg
from fastapi import APIRouter, Request
from pydantic import BaseModel

from adapters.http.asking import AtDesk
from adapters.http.desk import Desk
from adapters.http.exchange import headers_of, read_body
from adapters.http.problems import EdgeProblem, responses
from adapters.seal.key import with_more
from adapters.seal.policy import (
    BadPolicy,
    add_to_board,
    current,
    is_witnessed,
    put_on_board,
    read_policy,
    valid_of,
)
from adapters.seal.store import LogFiles
from adapters.seal.track import SHA256
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import Note, NoteError, Signature
from hub.seal.policy import Policy

router = APIRouter(tags=["seal"])
BODY_BYTES_MAX = 64 * 1024
PER_SECOND_MAX = 50
"""Cosignatures looked at per second and process: many times what the witnesses of a city send."""


class Cosigned(BaseModel):
    """What became of a cosignature: who it is from, and whether the checkpoint has enough now."""

    size: int
    witnesses: list[str]
    witnessed: bool


class Pace:
    """Lets so many through in any second; a flood waits at the door."""

    def __init__(self, per_second_max: int) -> None:
        """Begin with none."""
        self._max = per_second_max
        self._second, self._count = 0, 0

    def take(self) -> bool:
        """Say whether one more may pass now."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= self._max


_pace = Pace(PER_SECOND_MAX)


@router.post(
    "/log/add-cosignature",
    summary="Hand in a witness's cosignature 提交见证签名",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A checkpoint of this log and a witness's signature line 检查点与签名",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
    responses=responses(
        *("malformed", "forbidden", "not_found", "too_large", "validation"),
        *("busy", "overloaded", "unavailable"),
    ),
)
async def add_cosignature(request: Request, desk: AtDesk) -> Cosigned:
    """Take a witness's signature under a checkpoint that this log has signed.

    The body is the checkpoint as a signed note (C2SP signed-note) with one or more cosignatures
    (C2SP tlog-cosignature). Sent again it changes nothing.
    """
    if not _pace.take():
        raise EdgeProblem(
            "busy",
            "too many cosignatures at once; send it again in a second",
            "见证签名提交过多，请稍后再试",
        )
    body = await read_body(request.receive, headers_of(request.scope), BODY_BYTES_MAX)
    note, size = _read(body)
    policy = _policy(desk)
    once = with_more(note._replace(signatures=()), list(note.signatures))
    # One look per witness: who repeats a good line a hundred times gets one calculation for it.
    found = await anyio.to_thread.run_sync(valid_of, policy, once)
    if not found:
        raise EdgeProblem(
            "forbidden",
            "no signature under it is a valid cosignature of a witness of this hub's policy",
            "所附签名均非本系统见证规则所列见证方的有效签名",
        )
    files, more = LogFiles(desk.settings.log_dir), list(found.values())
    merged = await desk.ask(lambda connection: _take(connection, files, note, more, policy))
    if merged is None:
        raise EdgeProblem(
            "not_found",
            f"this log knows no such checkpoint of {size} leaves, or no longer; cosign the last",
            f"本日志没有(或不再保留)规模为{size}的该检查点，请对最新检查点签名",
        )
    return Cosigned(size=size, witnesses=list(found), witnessed=is_witnessed(policy, merged))


def _read(body: bytes) -> tuple[Note, int]:
    try:
        note = notes.parse(body)
        return note, Checkpoint.parse(note.text).size
    except NoteError as wrong:
        raise EdgeProblem(
            "malformed", f"the body is no signed checkpoint: {wrong}", "请求体不是签名的检查点"
        ) from wrong


def _policy(desk: Desk) -> Policy:
    try:
        policy = read_policy(desk.settings.witness_policy)
    except BadPolicy as wrong:
        raise EdgeProblem(
            "unavailable", "the hub's witness policy cannot be read", "见证规则文件无法读取"
        ) from wrong
    if policy is None:
        raise EdgeProblem(
            "forbidden",
            "no witness is configured: the hub has no witness policy",
            "本系统未配置见证方",
        )
    return policy


def _take(
    connection: psycopg.Connection,
    files: LogFiles,
    note: Note,
    more: list[Signature],
    policy: Policy,
) -> Note | None:
    """Put the cosignatures on the board, where the sealer finds them; None: no such checkpoint."""
    merged = add_to_board(connection, SHA256, note, more, policy)
    published = current(files)
    if merged is None and published is not None and published.text == note.text:
        put_on_board(connection, SHA256, published)
        merged = add_to_board(connection, SHA256, note, more, policy)
    return merged
