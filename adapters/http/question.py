"""A question: one page of a view, or one thing, in JSON or CSV, for one reader.

A route names the query function and the key of the next page; here are waiting for a position,
the past (`as_of`), leaving out what the reader may not see, cursors, forms, entity tags, and
recording that an auditor has read.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
import psycopg
from fastapi import Depends, Query, Request, Response

from adapters.http import table
from adapters.http.as_of import AsOf, Paging, check_position
from adapters.http.asking import AtDesk, InLanguage, UnderAudit, check_known, visitor_of
from adapters.http.cursor import bad_cursor
from adapters.http.desk import Desk
from adapters.http.noting import note_read
from adapters.http.personal import opened
from adapters.http.problems import EdgeProblem
from adapters.http.reading import all_seen, check_sees, sees
from adapters.http.standing import Reader
from adapters.identity.door import Visitor
from hub.errors import NotFound
from hub.supervision.audit import Subject
from hub.term import Language
from projections.audit_trail import AUDIT_TRAIL
from projections.positions import Behind, wait_for
from projections.reader import head, version_at

WAIT_SECONDS_MAX = 5.0
_PAUSE_SECONDS = 0.01
_ENCODER = msgspec.json.Encoder()
Answer = TypeVar("Answer")
Row = TypeVar("Row", bound=msgspec.Struct)
Question = Callable[[psycopg.Connection], Sequence[Row]]


def nothing(row: Row) -> Row | None:
    """Show others nothing of a row: the veil where a matter is closed to them."""
    del row
    return None


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
        self.stood = AsOf(desk, reader, paging)
        self.cursor = desk.cursors.read(paging.cursor, request.url.path)
        self.csv = _wants_csv(request.headers.get("accept", "*/*"))

    async def ask(self, question: Callable[[psycopg.Connection], Answer]) -> Answer:
        """Answer from the views as they stand, or as they stood at the moment asked for."""
        return await self.stood.ask(question)

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
        rows = await self.ask(question)
        more = not whole and len(rows) >= self.limit
        following = key(rows[-1]) if more else None
        shown = rows if about is None else await self._seen(rows, about, veil)
        return await self.send(shown, kind, following)

    async def send(
        self, shown: Sequence[Row], kind: type[Row], last: tuple[Any, ...] | None = None
    ) -> Response:
        """Send a page in the form asked for; `last` is the key after which the next one begins."""
        shown = await opened(self.desk, shown, kind, self.language)
        following = None
        if last is not None:
            following = self.desk.cursors.write(last, self.request.url.path)
        headers = {"cache-control": "no-store", "vary": "Accept, Accept-Language, Authorization"}
        if following is not None:
            address = self.request.url.include_query_params(cursor=following)
            headers["link"] = f'<{address.path}?{address.query}>; rel="next"'
        headers |= self.stood.headers()
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

        version, row = await self.ask(ask)
        if row is None:
            raise not_there(stream_id)
        if about is not None:
            row = await self._seen_one(row, about(row), veil(row))
        [row] = await opened(self.desk, [row], type(row), self.language)
        body = _ENCODER.encode(row)
        tag = f'"{version}-{hashlib.sha256(body).hexdigest()[:8]}"'
        headers = {"content-type": "application/json", "cache-control": "no-cache"}
        # What stood once is no version to be changed: only the present has a tag for If-Match.
        headers |= self.stood.headers() or {"etag": tag}
        await self.note_audit(1, body)
        if "etag" in headers and self.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    async def subject_of(
        self,
        question: "Callable[[psycopg.Connection], Row | None]",
        stream_id: str,
        about: Callable[[Row], Subject],
    ) -> Subject:
        """Return whom a thing concerns, when the reader may see it; for what hangs under it."""
        row = await self.ask(question)
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
        check_position(self.after, await self.desk.ask(head), "after")
        if self.stood.moment is not None:
            view = AUDIT_TRAIL.name  # what came in late is found there
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
        self.stood.check_answered()
        if self.reader.engagement is not None:
            pasts = self.stood.pasts
            await note_read(self.desk, self.reader, self.request.url, rows, body, pasts)

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
    """Read what every question may say besides its own filters; refuse what none understands."""
    check_known(request)
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
        SELECT p.position, coalesce(max(e.version), 0)
          FROM projection_positions p
          LEFT JOIN record.events e
            ON e.stream_id = %s
           AND e.position <= p.position
         WHERE p.name = %s
         GROUP BY p.position
        """,
        (stream_id, view),
    ).fetchone()
    if row is None or row[1]:
        return 0 if row is None else int(row[1])
    return version_at(connection, stream_id, int(row[0]))  # not begun yet, or in the archive


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
