"""An auditor reads inside the engagement he names, and every answer he takes is an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from hub.actor import Role
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import City
from tests.hub.departments.city import org
from tests.hub.sharing.world import REQUEST, WORLD, draft
from tests.projections.kit import record

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.servers import Database

AUDIT = "supervision.audit:2026-tax"
TRAIL = f"supervision/audit-trail?case_id={REQUEST}"
AUDITOR = "audit.auditor"


@pytest.fixture
def city(client: TestClient, database: Database) -> City:
    """A request of the tax department's, still in its drawer; an audit office."""
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, WORLD)
    city.account(AUDITOR, org("audit"))
    city.account("tax.business_user", org("tax"))
    body = draft().model_dump(mode="json")
    drafted = city.send("sharing/draft-sharing-request", body, "tax.business_user")
    assert drafted.status_code == 201, drafted.text
    return city


def _open(city: City, scope: dict[str, Any]) -> None:
    notice = {
        "audit_id": AUDIT,
        "auditor_id": org("audit"),
        "audited_id": org("tax"),
        "scope": scope,
        "purpose": "数据共享专项审计",
        "notice_number": "审通〔2026〕1号",
        "team": [AUDITOR],
    }
    opened = city.send("supervision/open-audit", notice, AUDITOR)
    assert opened.status_code == 201, opened.text
    access = {
        "audit_id": AUDIT,
        "approval_document": "府批〔2026〕9号",
        "approval_reason": "特殊情况",
    }
    assert city.send("supervision/grant-audit-access", access, AUDITOR).status_code == 201
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def _exports(city: City) -> list[tuple[str, int]]:
    with psycopg.connect(city.database.app_url) as connection:
        rows = connection.execute(
            """
            SELECT convert_from(state, 'UTF8')::jsonb
              FROM record.events
             WHERE topic = 'supervision.audit.exported'
             ORDER BY position
            """
        ).fetchall()
    return [(state["query"], state["rows"]) for (state,) in rows]


def test_an_auditor_reads_what_his_engagement_covers_even_drafts(city: City) -> None:
    _open(city, {"kind": "department", "subjects": [org("tax")]})
    assert city.get(TRAIL, AUDITOR).json()["items"] == []
    shown = city.get(TRAIL, AUDITOR, hub_audit=AUDIT)
    assert [row["topic"] for row in shown.json()["items"]] == ["sharing.request.drafted"]
    request = city.get(f"sharing/requests/{REQUEST}", AUDITOR, hub_audit=AUDIT)
    assert request.status_code == 200
    event = shown.json()["items"][0]["position"]
    assert city.get(f"supervision/events/{event}", AUDITOR, hub_audit=AUDIT).status_code == 200


def test_every_answer_an_auditor_takes_is_recorded(city: City) -> None:
    _open(city, {"kind": "department", "subjects": [org("tax")]})
    city.get(TRAIL, AUDITOR, hub_audit=AUDIT)
    city.get("departments/organizations", AUDITOR, hub_audit=AUDIT)
    city.get("departments/organizations", AUDITOR)
    assert _exports(city) == [
        (f"GET /api/v1/{TRAIL}", 1),
        ("GET /api/v1/departments/organizations", 6),
    ]


def test_outside_the_scope_an_auditor_reads_nothing(city: City) -> None:
    _open(city, {"kind": "department", "subjects": [org("market")]})
    assert city.get(TRAIL, AUDITOR, hub_audit=AUDIT).json()["items"] == []
    request = city.get(f"sharing/requests/{REQUEST}", AUDITOR, hub_audit=AUDIT)
    assert request.status_code == 403


def test_nobody_reads_under_the_engagement_of_another(city: City) -> None:
    _open(city, {"kind": "all"})
    city.account("market.business_user", org("market"))
    answer = city.get(f"sharing/requests/{REQUEST}", "market.business_user", hub_audit=AUDIT)
    assert answer.status_code == 403
    assert _exports(city) == []
    strange = city.get(TRAIL, AUDITOR, hub_audit="supervision.audit:none")
    assert strange.status_code == 404
    assert Role.AUDITOR in city.get("identity/me", AUDITOR).json()["roles"]


def test_a_request_in_its_drawer_is_not_shown_to_the_provider(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
    city.account("civil.sharing_head", org("civil"))
    drafted = city.get(TRAIL, "tax.business_user").json()["items"]
    assert [row["topic"] for row in drafted] == ["sharing.request.drafted"]
    assert city.get(TRAIL, "civil.sharing_head").json()["items"] == []
    event = f"supervision/events/{drafted[0]['position']}"
    assert city.get(event, "tax.business_user").status_code == 200
    assert city.get(event, "civil.sharing_head").status_code == 403
