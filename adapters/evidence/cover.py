"""What people read of a bundle: the cover pages and the page of instructions, in two languages."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from adapters.evidence.order import Order, Taker
from adapters.evidence.sealing import Seal
from adapters.evidence.selection import Chosen, Kind, Selection
from hub.departments.calendar import CHINA
from hub.departments.events import OrganizationRegistered, OrganizationRenamed
from hub.departments.organization import Organization
from hub.errors import Conflict
from hub.record import Recorded
from hub.seal.note import VerifierKey
from hub.term import Language, glossary, term
from projections import reader

LINES_MAX = 1_000
"""So many events stand on a cover; of a larger bundle the rest is read in events/."""
DETAILS_MAX, WORDS_MAX = 4, 120
PERSONAL = "personal:"
"""How a field begins that holds a salted commitment in place of a personal value."""
_SKIPPED = frozenset({"at", "by", "basis", "correlation_id", "causation_id", "due"})
_TEMPLATES = Environment(
    loader=PackageLoader("adapters.evidence", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Line(msgspec.Struct, frozen=True):
    """One event as the cover shows it: when, who, what, and what he said."""

    position: int
    at: datetime
    recorded_at: datetime
    topic: str
    org_id: str
    person_id: str
    role: str
    stream_id: str
    said: tuple[tuple[str, str], ...]


class Cosigner(msgspec.Struct, frozen=True):
    """A witness whose cosignature holds: its key and when it signed (POSIX seconds)."""

    name: str
    key: VerifierKey
    time: int

    @property
    def at(self) -> datetime:
        """Return when it signed."""
        return datetime.fromtimestamp(self.time, UTC)

    @property
    def encoded(self) -> str:
        """Return kind and public key as base64, as they stand at the end of its verifier key."""
        return self.key.text.split("+", 2)[2]


class Facts(msgspec.Struct, frozen=True):
    """All that covers and instructions say."""

    seal: Seal
    selection: Selection
    taker: Taker
    count: int
    first: int
    last: int
    outside_scope: int
    as_of: datetime
    lines: tuple[Line, ...]
    names: dict[str, str]
    cosigners: tuple[Cosigner, ...]

    @property
    def whole(self) -> bool:
        """Say whether the bundle is the whole log."""
        return self.selection.kind is Kind.ALL


def line_of(event: Recorded) -> Line:
    """Return an event's line on the cover."""
    state: dict[str, Any] = msgspec.json.decode(event.state)
    by = state["by"]
    return Line(
        event.position,
        datetime.fromisoformat(state["at"]),
        event.recorded_at,
        event.topic,
        by["org_id"],
        by["person_id"],
        by["role"],
        event.stream_id,
        tuple(_said(state)),
    )


def _said(state: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield the first things an event says in words, which is what a reader looks for."""
    if basis := state.get("basis"):
        yield "legal_basis_id", f"{basis['legal_basis_id']} {basis.get('article', '')}".strip()
    told = 0
    for key, value in state.items():
        plain = isinstance(value, str) and value and ":" not in value[:40]
        if key in _SKIPPED or not (plain or str(value).startswith(PERSONAL)):
            continue
        if f"column.{key}" in glossary() and told < DETAILS_MAX:
            told += 1
            yield key, value


def gather(
    connection: psycopg.Connection,
    seal: Seal,
    order: Order,
    chosen: Chosen,
    lines: Sequence[Line],
    count: int,
) -> Facts:
    """Return what is to be said; names are those in force at the checkpoint, not of today."""
    size = seal.head.size
    last = reader.at(connection, [size])
    if not last:
        raise Conflict(
            f"the record has no event at position {size}, which the log covers; tell the operator"
            " to run `hub verify`",
            f"卷宗中缺少已封存位置{size}的事件，请运维人员运行 hub verify 核查",
        )
    asked = {each.org_id for each in lines} | {order.taker.org_id, order.selection.id}
    cosigners = [Cosigner(name, *each) for name, each in sorted(seal.witnesses.items())]
    return Facts(
        seal=seal,
        selection=order.selection,
        taker=order.taker,
        count=count,
        first=chosen.positions[0],
        last=chosen.positions[-1],
        outside_scope=chosen.out_of_scope,
        as_of=last[0].recorded_at,
        lines=tuple(lines),
        names=_names(connection, sorted(asked), size),
        cosigners=tuple(cosigners),
    )


def pages(facts: Facts, manifest_sha256: str) -> dict[str, str]:
    """Return both cover pages by their file names."""
    names: tuple[tuple[str, Language], ...] = (("封面.html", "zh"), ("cover.html", "en"))
    return {
        name: _TEMPLATES.get_template(f"cover.{language}.html").render(
            facts=facts,
            manifest_sha256=manifest_sha256,
            style=Markup(_TEMPLATES.get_template("cover.css").render()),  # noqa: S704 - our own file
            **_words(language),
        )
        for name, language in names
    }


def instructions(facts: Facts) -> dict[str, str]:
    """Return the page of steps for `openssl` and `sha256sum`, by file name."""
    names = {"说明.txt": "instructions.zh.txt", "INSTRUCTIONS.txt": "instructions.en.txt"}
    commands = _TEMPLATES.get_template("commands.txt").module
    return {
        name: _TEMPLATES.get_template(template).render(facts=facts, steps=commands)
        for name, template in names.items()
    }


def _words(language: Language) -> dict[str, Any]:
    def word(key: str) -> str:
        return term(key, language)

    def value(key: str, text: str) -> str:
        if text.startswith(PERSONAL):
            return "〔个人信息〕" if language == "zh" else "[personal data]"
        found = term(f"{key}.{text}", language)
        words = text if found == f"{key}.{text}" else found
        return words if len(words) <= WORDS_MAX else f"{words[: WORDS_MAX - 1]}…"

    return {"word": word, "value": value}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


_TEMPLATES.filters["moment"] = _moment
_TEMPLATES.filters["quoted"] = shlex.quote


def _names(connection: psycopg.Connection, org_ids: list[str], size: int) -> dict[str, str]:
    """Return the names organisations had when the log had so many events."""
    named = {OrganizationRegistered.TOPIC, OrganizationRenamed.TOPIC}
    return {
        event.stream_id: msgspec.json.decode(event.state)["name"]
        for org_id in org_ids
        if org_id.startswith(f"{Organization.STREAM}:")
        for event in reader.stream(connection, org_id)
        if event.position <= size and event.topic in named
    }
