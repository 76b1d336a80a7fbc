"""Commands over HTTP: POST /api/v1/<chapter>/<command>; the body is the command.

Every command of `hub.decide.RULES` that a person or a machine may send has a route; those of the
clock alone have none. The id, the version seen and the legal time stand in headers, so that a
body is nothing but the wish.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.desk import Desk, desk_at
from adapters.http.exchange import headers_of, read_body, send_answer, send_problem
from adapters.http.language import language_of
from adapters.http.personal import taken_in
from adapters.http.places import place_of
from adapters.http.problems import EdgeProblem
from adapters.http.waiting import wants_sealed, with_receipts
from adapters.identity.door import Visitor
from adapters.identity.words import Unauthenticated
from hub.actor import Role, Speaker
from hub.command import Command
from hub.decide import RULES
from hub.execute import Receipt

PREFIX = "/api/v1"
_COMMAND_ID = re.compile(r"[\x21-\x7e]{8,200}")
_VERSION = re.compile(r'"(\d{1,9})(?:-[0-9a-f]{8})?"')
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_ENCODER = msgspec.json.Encoder()
Prepare = Callable[[Desk, Command, Speaker], Awaitable[Command]]
"""What the edge adds to a command before it is decided."""


class Posting:
    """One command's address: reads it, has it executed, answers with the receipt."""

    def __init__(
        self, app: FastAPI, command: type[Command], prepare: Prepare | None = None
    ) -> None:
        """Serve one class of command; `prepare` adds what only the edge can know."""
        self._app = app
        self.command = command
        self.prepare = prepare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: a receipt, or a problem document."""
        desk = desk_at(self._app)
        try:
            waits = wants_sealed(scope["query_string"].decode("latin-1"))
            receipt = await self._execute(desk, scope, receive)
            if waits:
                language = language_of(headers_of(scope).get("accept-language", ""))
                receipt = await with_receipts(desk, receipt, language)
        except Exception as error:
            answer = await send_problem(scope, send, error)
            if answer.status == 500:  # noqa: PLR2004
                raise
            return
        fresh = receipt.position and not receipt.repeated
        await send_answer(
            send, 201 if fresh else 200, _receipt_headers(receipt), _ENCODER.encode(receipt)
        )

    async def _execute(self, desk: Desk, scope: Scope, receive: Receive) -> Receipt:
        headers = headers_of(scope)
        visitor = await desk.door.admit(
            scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers
        )
        check_json(headers)
        command_id = command_id_of(headers)
        expected = version_seen(headers)
        at = legal_time(headers, desk)
        body = await read_body(receive, headers, desk.settings.body_bytes_max)
        check_signed(visitor, body)
        command = self.command.model_validate_json(body)
        if self.prepare is not None:
            command = await self.prepare(desk, command, visitor.speaker)
        command = await taken_in(desk, command, command_id)
        return await desk.hub.execute(
            command, visitor.speaker, at, command_id=command_id, expected=expected
        )


def posted() -> Iterator[tuple[str, type[Command]]]:
    """Yield the path and class of every command that may come over HTTP."""
    for command, rule in RULES.items():
        if {role for permit in rule.permits for role in permit.roles} != {Role.CLOCK}:
            yield path_of(command), command


def chapter_of(command: type[Command]) -> str:
    """Return the chapter a command belongs to: the package it is written in."""
    return command.__module__.split(".")[1]


def path_of(command: type[Command]) -> str:
    """Return a command's address: /api/v1/sharing/agree-sharing-request."""
    return f"{PREFIX}/{chapter_of(command)}/{_WORD.sub('-', command.__name__).lower()}"


def postings(app: FastAPI, preparing: Mapping[type[Command], Prepare]) -> dict[str, ASGIApp]:
    """Return the address of every command and what answers there."""
    return {path: Posting(app, command, preparing.get(command)) for path, command in posted()}


def check_json(headers: Mapping[str, str]) -> None:
    """Refuse a body that does not say it is JSON."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise EdgeProblem(
            "unsupported_media_type",
            "the body is JSON: send Content-Type: application/json",
            "请求体应为JSON，请使用 Content-Type: application/json",
            where="Content-Type",
        )


def command_id_of(headers: Mapping[str, str]) -> str:
    """Return the command's id; a command without one could happen twice."""
    command_id = headers.get("idempotency-key", "")
    if not _COMMAND_ID.fullmatch(command_id):
        raise EdgeProblem(
            "malformed",
            "a command needs the header Idempotency-Key: 8 to 200 visible characters, a new id"
            " for each wish and the same for its retry",
            "命令须带 Idempotency-Key 头：8至200个可见字符，每项请求一个，重试时不变",
            where="Idempotency-Key",
        )
    return command_id


def version_seen(headers: Mapping[str, str]) -> int | None:
    """Return the version If-Match names, None when the sender does not mind."""
    given = headers.get("if-match", "*").strip()
    if given == "*":
        return None
    match = _VERSION.fullmatch(given)
    if match is None:
        raise EdgeProblem(
            "malformed",
            'If-Match must be the ETag of the thing as you read it, e.g. "3"',
            'If-Match 应为读取时的 ETag，如 "3"',
            where="If-Match",
        )
    return int(match[1])


def legal_time(headers: Mapping[str, str], desk: Desk) -> datetime:
    """Return the time of the command: now, or an earlier one while history is imported."""
    now = desk.clock()
    given = headers.get("hub-occurred-at")
    if given is None:
        return now
    if not desk.settings.history_import:
        raise EdgeProblem(
            "forbidden",
            "times in the past are taken only while history is imported (setting history_import)",
            "仅在导入历史数据时(设置 history_import)可提交过去的时间",
            where="Hub-Occurred-At",
        )
    at = _moment(given)
    if at is None or at > now:
        raise EdgeProblem(
            "malformed",
            "Hub-Occurred-At must be a time with its zone and not in the future,"
            " e.g. 2026-03-02T08:00:00Z",
            "Hub-Occurred-At 应为带时区且不晚于当前的时间，如2026-03-02T08:00:00Z",
            where="Hub-Occurred-At",
        )
    return at


def _moment(text: str) -> datetime | None:
    """Return a time that names its zone, None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):  # the first hours of year 1 are no time in UTC
        return None


def check_signed(visitor: Visitor, body: bytes) -> None:
    """Refuse a signed request whose body is not the one that was signed."""
    if visitor.signed and visitor.body_sha256 != hashlib.sha256(body).digest():
        raise Unauthenticated(
            "the body is not the one that was signed (Content-Digest)",
            "请求体与签名内容不符(Content-Digest)",
        )


def _receipt_headers(receipt: Receipt) -> dict[str, str]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    versions = [e.version for e in receipt.events if e.stream_id == receipt.subject_id]
    if versions:
        headers["etag"] = f'"{max(versions)}"'
    place = place_of(receipt.subject_id)
    if place:
        headers["location"] = place
    return headers
