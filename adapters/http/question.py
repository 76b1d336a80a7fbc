"""A question: one page of a view, or one thing, in JSON or CSV, for one reader.

A route names the query function and the key of the next page; here are waiting for a position,
leaving out what the reader may not see, cursors, forms, entity tags, and recording that an
auditor has read.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
import psycopg
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field
from uuid_utils import uuid7

from adapters.http import table
from adapters.http.asking import AtDesk, InLanguage, UnderAudit, visitor_of
from adapters.http.cursor import bad_cursor, from_cursor, to_cursor
from adapters.http.desk import Desk
from adapters.http.problems import EdgeProblem
from adapters.http.reading import all_seen, check_sees, sees
from adapters.http.standing import Reader
from adapters.identity.door import Visitor
from hub.errors import NotFound
from hub.supervision.audit import Subject
from hub.supervision.commands import RecordAuditExport
from hub.term import Language
from projections.positions import Behind, wait_for
from projections.reader import head

LIMIT, LIMIT_MAX = 100, 1_000
WAIT_SECONDS_MAX = 5.0
_PAUSE_SECONDS = 0.01
_ENCODER = msgspec.json.Encoder()
Row = TypeVar("Row", bound=msgspec.Struct)
Question = Callable[[psycopg.Connection], Sequence[Row]]


def nothing(row: Row) -> Row | None:
    """Show others nothing of a row: the veil where a matter is closed to them."""
    del row
    return None


class Paging(BaseModel):
    """How much, from where, not before which position, in which form."""

    limit: int = Field(LIMIT, ge=1, le=LIMIT_MAX, description="Rows a page 每页行数")
    cursor: str = Field("", max_length=600, description="From `next` of the page before 下一页游标")
    after: int = Field(0, ge=0, le=2**62, description="Wait until the view has it 等待视图到达位置")
    bom: bool = Field(default=False, description="Byte order mark in CSV 在CSV中带BOM")


class Asked:
    """One question as it was asked: by whom, from which cursor, in which form."""

    def __init__(
        self, request: Request, desk: Desk, reader: Reader, language: Language, paging: Paging
    ) -> None:
        """Read cursor and form; raises EdgeProblem for one that is none of ours."""
        self.request = request
        self.desk = desk
        self.reader = reader
        self.language: Language = language
        self.limit, self.after, self.bom = paging.limit, paging.after, paging.bom
        self.cursor = from_cursor(paging.cursor)
        self.csv = _wants_csv(request.headers.get("accept", "*/*"))

    def key(self, *kinds: type) -> tuple[Any, ...] | None:
        """Return the cursor as the key of the last row seen; None on the first page."""
        if not self.cursor:
            return None
        try:
            return tuple(msgspec.convert(self.cursor, tuple[kinds]))  # type: ignore[valid-type]
        except msgspec.ValidationError as error:
            raise bad_cursor() from error

    async def page(
        self,
        question: "Question[Row]",
        kind: type[Row],
        *,
        key: Callable[[Row], tuple[Any, ...]],
        view: str,
        about: Callable[[Row], Subject] | None = None,
        veil: "Callable[[Row], Row | None]" = nothing,
        whole: bool = False,
    ) -> Response:
        """Answer with a page of rows.

        `key` gives the cursor of the page after a row; `view` is the projection that must have
        reached the position waited for; `about` says whom a row concerns (without it all is
        published) and `veil` what others see of it; `whole`: the question gives all at once.
        """
        await self.wait(view)
        rows = await self.desk.ask(question)
        more = not whole and len(rows) >= self.limit
        following = to_cursor(key(rows[-1])) if more else None
        shown = rows if about is None else await self._seen(rows, about, veil)
        headers = {"cache-control": "no-store", "vary": "Accept, Accept-Language, Authorization"}
        if following is not None:
            address = self.request.url.include_query_params(cursor=following)
            headers["link"] = f'<{address.path}?{address.query}>; rel="next"'
        if self.csv:
            body = table.table(shown, kind, self.language, bom=self.bom)
            headers["content-type"] = f"{table.MEDIA_TYPE}; charset=utf-8"
        else:
            body = _ENCODER.encode({"items": shown, "next": following})
            headers["content-type"] = "application/json"
        await self.note_audit(len(shown), body)
        return Response(body, headers=headers)

    async def one(
        self,
        question: "Callable[[psycopg.Connection], Row | None]",
        stream_id: str,
        *,
        view: str,
        about: Callable[[Row], Subject] | None = None,
        veil: "Callable[[Row], Row | None]" = nothing,
    ) -> Response:
        """Answer with one thing and the version it stands at, for If-Match."""
        await self.wait(view)

        def ask(connection: psycopg.Connection) -> tuple[int, Row | None]:
            # The version first: were it newer than the row, If-Match would vouch for a row
            # its reader has not seen.
            return _version(connection, stream_id, view), question(connection)

        version, row = await self.desk.ask(ask)
        if row is None:
            raise not_there(stream_id)
        if about is not None:
            row = await self._seen_one(row, about(row), veil(row))
        body = _ENCODER.encode(row)
        tag = f'"{version}-{hashlib.sha256(body).hexdigest()[:8]}"'
        headers = {"content-type": "application/json", "cache-control": "no-cache", "etag": tag}
        await self.note_audit(1, body)
        if self.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    async def subject_of(
        self,
        question: "Callable[[psycopg.Connection], Row | None]",
        stream_id: str,
        about: Callable[[Row], Subject],
    ) -> Subject:
        """Return whom a thing concerns, when the reader may see it; for what hangs under it."""
        row = await self.desk.ask(question)
        if row is None:
            raise not_there(stream_id)
        subject = about(row)
        await check_sees(self.reader, self.desk.standings, subject, self.desk.clock())
        return subject

    async def wait(self, view: str) -> None:
        """Wait until a view has reached the position asked for; raises EdgeProblem if it does not.

        Between two looks nobody holds a thread or a connection.
        """
        if not self.after:
            return
        last = await self.desk.ask(head)
        if self.after > last:
            raise EdgeProblem(
                "malformed",
                f"the record's last position is {last}; `after` is the position of a receipt",
                f"卷宗最新位置为{last}，after 应为回执所示位置",
                where="after",
            )
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            try:
                await self.desk.ask(
                    lambda c: wait_for(c, self.after, names=[view], seconds_max=0.0)
                )
            except Behind as behind:
                if time.monotonic() > deadline:
                    raise _behind(behind, self.after) from behind
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    async def note_audit(self, rows: int, body: bytes) -> None:
        """Record that an auditor took this answer (Audit Law §34; every act of his is an event)."""
        if self.reader.engagement is None:
            return
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        address = self.request.url
        path = f"{address.path}?{address.query}".rstrip("?")[:1_900]
        command = RecordAuditExport(
            audit_id=self.reader.engagement_id, query=f"GET {path}", rows=rows, sha256=digest
        )
        await self.desk.hub.execute(
            command,
            self.reader.speaker,
            self.desk.clock(),
            command_id=f"audit-read-{uuid7()}",
        )

    async def _seen(
        self,
        rows: Sequence[Row],
        about: Callable[[Row], Subject],
        veil: "Callable[[Row], Row | None]",
    ) -> list[Row]:
        subjects = [about(row) for row in rows]
        seen = await all_seen(self.reader, self.desk.standings, subjects, self.desk.clock())
        shown = (row if open_ else veil(row) for row, open_ in zip(rows, seen, strict=True))
        return [row for row in shown if row is not None]

    async def _seen_one(self, row: Row, subject: Subject, veiled: Row | None) -> Row:
        standings, now = self.desk.standings, self.desk.clock()
        if veiled is not None and not await sees(self.reader, standings, subject, now):
            return veiled
        await check_sees(self.reader, standings, subject, now)
        return row


async def asked_of(
    request: Request,
    desk: AtDesk,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    language: InLanguage,
    paging: Annotated[Paging, Query()],
    hub_audit: UnderAudit = None,
) -> Asked:
    """Read what every question may say besides its own filters."""
    reader = await desk.standings.reader(visitor.speaker, hub_audit or "")
    return Asked(request, desk, reader, language, paging)


A = Annotated[Asked, Depends(asked_of)]


def not_there(stream_id: str) -> NotFound:
    """Return the refusal for a thing the view does not have."""
    return NotFound(
        f"there is no “{stream_id}”; check the id, or name the position of its receipt in `after`",
        f"不存在“{stream_id}”，请核对标识，或在 after 中写明回执位置",
    )


def _version(connection: psycopg.Connection, stream_id: str, view: str) -> int:
    row = connection.execute(
        """
        SELECT coalesce(max(version), 0)
          FROM record.events
         WHERE stream_id = %s
           AND position <= (SELECT position FROM projection_positions WHERE name = %s)
        """,
        (stream_id, view),
    ).fetchone()
    return int(row[0]) if row else 0


def _wants_csv(accept: str) -> bool:
    offered = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for media_type in offered:
        if media_type in {"text/csv", "text/*"}:
            return True
        if media_type in {"application/json", "application/*", "*/*", ""}:
            return False
    raise EdgeProblem(
        "not_acceptable",
        "this can be had as application/json or text/csv",
        "仅提供 application/json 或 text/csv",
        where="Accept",
    )


def _behind(behind: Behind, after: int) -> EdgeProblem:
    return EdgeProblem(
        "behind",
        str(behind),
        f"视图尚未更新到位置{after}，请稍后再查询",
        headers={"retry-after": "1"},
    )
