"""The page of one case 一案全程: a timeline that a clerk and a court can read and print.

The same events, rights and record of reading as `/api/v1/supervision/chain`; a browser sends no
header of ours, so an auditor names his engagement in the address.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.as_of import LIMIT_MAX, DayOrTime, Paging
from adapters.http.ask_past import of_chain
from adapters.http.asking import AtDesk, visitor_of
from adapters.http.question import Asked, not_there
from adapters.http.reading import all_seen, check_officer
from adapters.http.said import facts
from adapters.identity.door import Visitor
from hub.codec import decode
from hub.command import AuditId
from hub.departments.calendar import CHINA
from hub.term import Language
from projections import case_chain
from projections.case_chain import ChainRow
from projections.reader import head

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_TEMPLATES = Environment(
    loader=PackageLoader("adapters.http", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _day(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


_TEMPLATES.filters |= {"day": _day, "moment": _moment}


class Shown(msgspec.Struct, frozen=True):
    """One event as the page shows it: its line, and what it says field by field."""

    row: ChainRow
    facts: tuple[tuple[str, str], ...]


class Wanted(BaseModel):
    """How the page is wanted; an auditor names his engagement in `audit`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language | None = None
    audit: AuditId | None = None
    as_of: DayOrTime = ""
    as_of_position: int = Field(default=0, ge=0, le=2**62)


@router.get("/cases/{case_id}")
async def page(
    request: Request,
    desk: AtDesk,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    case_id: Annotated[str, Path(max_length=200, pattern=r"^[a-z_.]+:[A-Za-z0-9._~-]+$")],
    wanted: Annotated[Wanted, Query()],
) -> HTMLResponse:
    """Show everything that happened in a case, in order, with where each event is proven."""
    chosen: Language = wanted.language or desk.settings.language
    reader = await desk.standings.reader(visitor.speaker, wanted.audit or "")
    check_officer(reader)
    paging = Paging(limit=LIMIT_MAX, as_of=wanted.as_of, as_of_position=wanted.as_of_position)
    asked = Asked(request, desk, reader, chosen, paging)

    def question(connection: psycopg.Connection) -> tuple[list[ChainRow], dict[str, str], int]:
        rows = case_chain.chain(connection, case_id, limit=LIMIT_MAX)
        named = {each for row in rows for each in row.subjects}
        return rows, case_chain.org_names(connection, sorted(named)), head(connection)

    rows, names, last = await asked.ask(question)
    if not rows:
        raise not_there(case_id)
    seen = await all_seen(reader, desk.standings, [of_chain(row) for row in rows], desk.clock())
    shown = [row for row, open_ in zip(rows, seen, strict=True) if open_]
    html = _TEMPLATES.get_template("case.html").render(
        case_id=case_id,
        events=list(_shown(shown, names, chosen)),
        withheld=len(rows) - len(shown),
        more=len(rows) == LIMIT_MAX,
        last=last,
        stood=asked.stood.past,
        other=request.url.include_query_params(language="en" if chosen == "zh" else "zh"),
        parties=_parties(shown, names),
        language=chosen,
        say=_sayer(chosen),
    )
    await asked.note_audit(len(shown), html.encode())
    return HTMLResponse(html, headers=_HEADERS)


def _shown(rows: Sequence[ChainRow], names: dict[str, str], language: Language) -> Iterator[Shown]:
    """Yield the events with what they say; an id said before about the same thing is left out."""
    known: set[tuple[str, str, str]] = set()
    for row in rows:
        event = decode(row.topic, row.schema_version, row.state.encode())
        found = []
        for name, title, text in facts(event, names, language):
            told = (row.stream_id, name, text)
            if not (name.endswith("_id") and told in known):
                found.append((title, text))
            known.add(told)
        yield Shown(row, tuple(found))


def _parties(rows: Sequence[ChainRow], names: dict[str, str]) -> list[tuple[str, str]]:
    """Return the organisations that spoke, in the order in which they first did."""
    spoke = {row.org_id: row.org_name or names.get(row.org_id, "") for row in rows}
    return [(org_id, name) for org_id, name in spoke.items() if name]


def _sayer(language: Language) -> Callable[[str, str], str]:
    """Return what picks the sentence of a pair."""
    return lambda zh, en: zh if language == "zh" else en
