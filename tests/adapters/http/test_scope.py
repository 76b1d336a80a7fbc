"""What an engagement covers is read at every address, nothing else is; each reading is an event."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

from adapters.http.app import MODULES
from adapters.http.question import asked_of
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.audited import (
    AUDITOR,
    AUDITS,
    CASES,
    DRAFT,
    FIRST,
    LAST,
    SCOPES,
    WITHDRAWN,
    story,
)
from tests.adapters.http.city import City
from tests.hub.departments.city import org
from tests.hub.sharing.world import GRANT, LIMITED, OPEN, REQUEST
from tests.projections.kit import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.dependencies.models import Dependant
    from fastapi.testclient import TestClient

    from tests.servers import Database

DAYS = (
    *("at", "issued_at", "requested_at", "submitted_at", "published_at", "drafted_at"),
    *("delivered_at", "detected_at", "opened_at", "mounted_at", "started_on"),
)
"""The columns that say on which day a row happened, the first that is there counts."""
LISTS = {
    "supervision/chain": f"case_id={REQUEST}",
    "supervision/audit-trail": f"subject_id={org('tax')}",
    "supervision/differences": "from=2026-03-01&to=&view=request_board",
    "supervision/figures": "year=2026",
    "supervision/figures/{figure}/events": "year=2026",
    "catalog/differences": "earlier=catalog.release:1&later=catalog.release:2",
}
"""What a list must be asked for."""
IDS = {
    "org_id": org("tax"),
    "figure": "requests_received",
    "year": "2026",
    "release_id": "catalog.release:1",
    "legal_basis_id": "departments.legal_basis:statistics-law",
    "entry_id": LIMITED,
    "resource_id": "convergence.resource:limited-table",
    "grant_id": GRANT,
    "audit_id": AUDITS["all"],
    "request_id": REQUEST,
    "correction_id": CASES["tax"],
    "position": 1,
    "batch_id": "convergence.batch:none",
    "feedback_id": "feedback.feedback:none",
    "incident_id": "security.incident:none",
}
THINGS = {
    "sharing/requests": "request_id",
    "sharing/grants": "grant_id",
    "feedback/corrections": "correction_id",
    "catalog/entries": "entry_id",
    "supervision/audits": "audit_id",
    "supervision/events": "position",
}
"""Lists whose rows can each be asked for by themselves."""
ELSEWHERE = frozenset(
    {
        *("/api/v1/sharing/grants/{grant_id}/payloads/{sha256}", "/api/v1/security/personal-data"),
        *("/api/v1/seal/receipts/{position}", "/log/tile/entries/{address:path}"),
    }
)
"""Not rows of a view: data itself, personal text, proofs; each has tests of its own."""


@pytest.fixture
def city(client: TestClient, database: Database) -> City:
    """The story told, and an engagement of each kind under way."""
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, story().events)
    city.account(AUDITOR, org("audit"))
    for name, scope in SCOPES.items():
        notice = {
            "audit_id": AUDITS[name],
            "auditor_id": org("audit"),
            "audited_id": org("tax"),
            "scope": scope,
            "purpose": "数据共享专项审计",
            "notice_number": f"审通〔2026〕{name}",
            "team": [AUDITOR],
        }
        assert city.send("supervision/open-audit", notice, AUDITOR).status_code == 201
        access = {
            "audit_id": AUDITS[name],
            "approval_document": "府批〔2026〕9号",
            "approval_reason": "特殊情况",
        }
        assert city.send("supervision/grant-audit-access", access, AUDITOR).status_code == 201
    with connect(database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
    return city


def questions() -> Iterator[str]:
    """Every address that answers as a question does."""
    for module in MODULES:
        for route in module.router.routes:
            if _is_question(route.dependant):
                yield route.path


def _is_question(dependant: Dependant) -> bool:
    return dependant.call is asked_of or any(map(_is_question, dependant.dependencies))


def _address(path: str) -> str:
    """Return an address as the tests ask for it: ids filled in, with what it needs."""
    short = path.removeprefix("/api/v1/")
    filled = short.format(**IDS)
    return "?".join(filter(None, (filled, LISTS.get(short, ""))))


def _rows(city: City, address: str, audit: str = "") -> list[dict[str, Any]] | None:
    """Return the rows of a list, None where the answer is no list or a refusal."""
    mark = "&" if "?" in address else "?"
    headers = {"hub_audit": AUDITS[audit]} if audit else {}
    answer = city.get(f"{address}{mark}limit=1000", AUDITOR, **headers)
    assert answer.status_code in {200, 403, 404}, f"{address} {answer.text}"
    found = answer.json()
    rows: list[dict[str, Any]] | None = found["items"] if "next" in found else None
    return rows


def _in_scope(row: dict[str, Any], scope: str) -> bool:
    """The rule again, in other words than the code's: what the columns of a row name."""
    row = row.get("after") or row
    subjects = SCOPES[scope].get("subjects", ())
    case = row.get("request_id") or row.get("correction_id") or row.get("case_id")
    entries = {row.get("entry_id"), *(row.get("subjects") or ()), row.get("case_id")}
    values = [*row.values(), *(row.get("subjects") or ())]
    match scope:
        case "case":
            return case in subjects
        case "entry":
            return OPEN in entries
        case "department":
            return org("tax") in [value for value in values if isinstance(value, str)]
        case "period":
            return FIRST <= _day(row) <= LAST
        case _:
            return True


def _day(row: dict[str, Any]) -> date:
    if "figures_sha256" in row or "year" in row:
        return date(row["year"], 12, 31)
    text = next(row[name] for name in DAYS if row.get(name))
    if len(text) == len("2026-03-01"):
        return date.fromisoformat(text)
    return (datetime.fromisoformat(text).astimezone(UTC) + timedelta(hours=8)).date()


def _as_text(rows: list[dict[str, Any]]) -> set[str]:
    return {json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows}


@pytest.mark.parametrize("scope", [name for name in SCOPES if name != "all"])
def test_every_list_shows_what_is_in_scope_and_nothing_else(city: City, scope: str) -> None:
    read = 0
    for path in sorted(set(questions()) - ELSEWHERE):
        address = _address(path)
        everything = _rows(city, address, "all")
        if everything is None:
            continue
        published = _rows(city, address) or []
        shown = _as_text(_rows(city, address, scope) or [])
        for row in everything:
            [text] = _as_text([row])
            if text in _as_text(published):
                assert text in shown, f"{address}: published, but not shown: {text}"
            elif row.get("topic", "").startswith("supervision.audit."):
                continue  # acts of the auditor's own, which this very reading adds to
            else:
                assert (text in shown) == _in_scope(row, scope), f"{address} {scope}: {text}"
        known = _as_text(everything) | _as_text(published)
        strange = [text for text in shown - known if "supervision.audit." not in text]
        assert strange == [], address
        read += 1
    assert read > 25


def test_each_thing_is_read_by_itself_when_its_scope_covers_it(city: City) -> None:
    for path, name in THINGS.items():
        source = "supervision/audit-trail?subject_id=" + org("tax") if name == "position" else path
        if path == "catalog/entries":
            source += "?in_force=false"
        for row in _rows(city, source, "all") or []:
            if row.get("topic", "").startswith("supervision.audit."):
                continue
            place = f"{path}/{quote(str(row[name]))}"
            open_ = city.get(place, AUDITOR).status_code == 200
            for scope in SCOPES:
                answer = city.get(place, AUDITOR, hub_audit=AUDITS[scope])
                expected = 200 if open_ or _in_scope(row, scope) else 403
                assert answer.status_code == expected, f"{place} {scope} {answer.text}"


def test_drafts_and_what_was_withdrawn_are_in_scope(city: City) -> None:
    requests = _rows(city, "sharing/requests", "department") or []
    states = {row["request_id"]: row["status"] for row in requests}
    assert states == {REQUEST: "fulfilled", DRAFT: "draft", WITHDRAWN: "withdrawn"}


def test_every_answer_at_every_address_is_an_event(city: City) -> None:
    taken = []
    for path in sorted(set(questions()) - ELSEWHERE):
        address = _address(path)
        answer = city.get(address, AUDITOR, hub_audit=AUDITS["all"])
        if answer.status_code == 200:
            taken.append(f"GET /api/v1/{address}")
    with psycopg.connect(city.database.app_url) as connection:
        told = connection.execute(
            """
            SELECT convert_from(state, 'UTF8')::jsonb ->> 'query'
              FROM record.events
             WHERE topic = 'supervision.audit.exported'
             ORDER BY position
            """
        ).fetchall()
    assert [query for (query,) in told] == taken
    assert len(taken) > 30


def test_the_page_of_a_case_is_read_under_an_engagement_and_is_an_event(city: City) -> None:
    for scope, seen in (("case", True), ("entry", False)):
        address = f"/cases/{REQUEST}?audit={AUDITS[scope]}"
        page = city.client.get(address, headers=city.as_(AUDITOR))
        assert page.status_code == 200
        assert ("超范围使用" in page.text) == seen
    trail = _rows(city, f"supervision/audit-trail?case_id={AUDITS['case']}", "all") or []
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
        [(count,)] = connection.execute(
            "SELECT count(*) FROM audit_trail WHERE topic = 'supervision.audit.exported'"
        ).fetchall()
    assert (len(trail) > 0, count) == (True, 3)


def test_the_next_request_after_the_end_is_refused(city: City) -> None:
    audit = AUDITS["department"]
    digest = f"sha256:{'0' * 64}"
    assert _rows(city, "sharing/requests", "department")
    served = {"audit_id": audit, "document_sha256": digest}
    assert city.send("supervision/serve-audit-draft", served, AUDITOR).status_code == 201
    city.account("tax.department_head", org("tax"))
    answer = {"audit_id": audit, "response": "无异议"}
    sent = city.send("supervision/file-audit-response", answer, "tax.department_head")
    assert sent.status_code == 201, sent.text
    closing = {"audit_id": audit, "conclusion": "已结项"}
    assert city.send("supervision/close-audit", closing, AUDITOR).status_code == 201
    for path in ("sharing/requests", f"sharing/requests/{DRAFT}", "departments/organizations"):
        refused = city.get(path, AUDITOR, hub_audit=audit)
        assert refused.status_code in {403, 409}, path
        assert "items" not in refused.json()
    assert _rows(city, "sharing/requests") == []
