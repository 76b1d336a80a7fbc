"""The page about the log 存证日志: is it sealed, who has seen it, when was nobody looking.

For everybody, without login: it shows hashes and times only.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.http.asking import AtDesk
from adapters.http.desk import Desk
from adapters.http.log_files import DAILY
from adapters.http.sealed import DAYS, Look
from adapters.seal import proofs
from adapters.seal.history import Hour, HourState
from hub.departments.calendar import CHINA
from hub.errors import NotFound
from hub.term import Language, term

router = APIRouter(include_in_schema=False)
LATE_SECONDS = 10.0
"""Beyond this lag the page says that the seal is behind."""
_MARKS = {HourState.WITNESSED: "✓", HourState.UNWITNESSED: "!", HourState.ABSENT: "–"}
_TEMPLATES = Environment(
    loader=PackageLoader("adapters.http", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _hour(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H}"


def _digits(text: str) -> str:
    """Return a hash in groups of eight digits, which an eye can compare."""
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


_TEMPLATES.filters |= {"moment": _moment, "hour": _hour, "digits": _digits}
Asked = Annotated[Language | None, Query(description="zh or en")]


@router.get("/log")
async def page(desk: AtDesk, language: Asked = None) -> HTMLResponse:
    """Show the log as it stands, who witnesses it, and its last seven days by hour."""
    chosen: Language = language or desk.settings.language
    look = await desk.ask(desk.sealed.look)
    key = await anyio.to_thread.run_sync(_key, desk)
    days = _days(look.hours)
    stamped = await anyio.to_thread.run_sync(_stamped, desk, [day for day, _ in days])
    html = _TEMPLATES.get_template("log.html").render(
        look=look,
        key=key,
        days=days,
        stamped=stamped,
        unwitnessed=sum(each.state is HourState.UNWITNESSED for each in look.hours),
        span=DAYS,
        state=_state(look),
        marks=_MARKS,
        language=chosen,
        say=_sayer(chosen),
        term=lambda name: term(name, chosen),
    )
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return HTMLResponse(html, headers=headers)


def _sayer(language: Language) -> Callable[[str, str], str]:
    """Return what picks the sentence of a pair."""
    return lambda zh, en: zh if language == "zh" else en


def _state(look: Look) -> str:
    """Return the one word for how it stands; the worst counts."""
    if look.trouble is not None:
        return "trouble"
    if not look.note:
        return "empty"
    if look.lag_seconds > LATE_SECONDS:
        return "late"
    if not look.demands_witnesses:
        return "alone"
    seen = look.hours and look.hours[-1].state is HourState.WITNESSED
    return "well" if look.witnessed or seen else "unseen"


def _days(hours: Sequence[Hour]) -> list[tuple[str, list[Hour | None]]]:
    """Return the hours by day of China, each day from 00 to 23; None where nothing is asked."""
    found: list[tuple[str, list[Hour | None]]] = []
    for day, group in groupby(hours, lambda each: f"{each.begins_at.astimezone(CHINA):%Y-%m-%d}"):
        row: list[Hour | None] = [None] * 24
        for each in group:
            row[each.begins_at.astimezone(CHINA).hour] = each
        found.append((day, row))
    return found[::-1]


def _key(desk: Desk) -> str:
    try:
        return proofs.key_of(desk.sealed.files).text
    except NotFound:
        return ""


def _stamped(desk: Desk, days: Sequence[str]) -> frozenset[str]:
    """Return the days whose time stamp lies beside the log."""
    folder = desk.settings.log_dir / DAILY
    return frozenset(day for day in days if (folder / f"{day}.tsr").exists())
