"""An auditor takes an evidence bundle: of his engagement only, and the export is an event."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.evidence import verifier
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.evidence.making import disputed, members
from tests.adapters.http.city import City
from tests.adapters.seal.sealing import Log
from tests.hub.departments.city import org
from tests.hub.sharing.world import LIMITED, REQUEST
from tests.projections.kit import record

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.servers import Database

AUDIT = "supervision.audit:2026-tax"
AUDITOR = "audit.auditor"
CASE = f"supervision/evidence?case_id={REQUEST}"


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database, tmp_path)


@pytest.fixture
def city(client: TestClient, database: Database) -> City:
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for events in disputed():
            record(connection, events)
    city.account(AUDITOR, org("audit"))
    city.account("tax.business_user", org("tax"))
    return city


def opened(city: City, log: Log, scope: dict[str, Any]) -> None:
    """Open an engagement with access granted; seal everything and show it."""
    notice = {
        "audit_id": AUDIT,
        "auditor_id": org("audit"),
        "audited_id": org("tax"),
        "scope": scope,
        "purpose": "数据共享专项审计",
        "notice_number": "审通〔2026〕1号",
        "team": [AUDITOR],
    }
    assert city.send("supervision/open-audit", notice, AUDITOR).status_code == 201
    early = {"approval_document": "府批〔2026〕9号", "approval_reason": "特殊情况"}
    access = {"audit_id": AUDIT, **early}
    assert city.send("supervision/grant-audit-access", access, AUDITOR).status_code == 201
    log.seal_all()
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def exports(city: City) -> list[dict[str, Any]]:
    with psycopg.connect(city.database.app_url) as connection:
        rows = connection.execute(
            """
            SELECT convert_from(state, 'UTF8')::jsonb
              FROM record.events
             WHERE topic = 'supervision.audit.exported'
             ORDER BY position
            """
        ).fetchall()
    return [state for (state,) in rows]


def test_the_bundle_of_a_case_verifies_and_its_export_is_recorded(
    city: City, log: Log, tmp_path: Path
) -> None:
    opened(city, log, {"kind": "case", "subjects": [REQUEST]})
    answer = city.get(CASE, AUDITOR, hub_audit=AUDIT)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["hub-rows"] == "5"
    (state,) = exports(city)
    assert state["rows"] == 5
    assert state["query"] == f"GET /api/v1/{CASE}"
    assert state["sha256"] == f"sha256:{sha256(answer.content).hexdigest()}"
    taken = json.loads(members(answer.content)["manifest.json"])["taken_by"]
    assert taken == {
        "person_id": AUDITOR,
        "org_id": org("audit"),
        "audit_id": AUDIT,
        "notice_number": "审通〔2026〕1号",
    }
    path = tmp_path / "bundle.zip"
    path.write_bytes(answer.content)
    assert verifier.main([str(path)]) == 0
    assert "审通〔2026〕1号" in members(answer.content)["封面.html"].decode()


def test_only_the_scope_of_the_engagement_goes_into_the_bundle(city: City, log: Log) -> None:
    opened(city, log, {"kind": "period", "period_from": "2026-03-09", "period_to": "2026-03-09"})
    answer = city.get(CASE, AUDITOR, hub_audit=AUDIT)
    manifest = json.loads(members(answer.content)["manifest.json"])
    assert [row["type"] for row in manifest["events"]] == ["sharing.request.declined"]
    assert manifest["outside_scope"] == 4
    outside = city.get(
        "supervision/evidence?from=2026-03-10&to=2026-03-10", AUDITOR, hub_audit=AUDIT
    )
    assert outside.status_code == 403
    assert len(exports(city)) == 1


def test_nobody_else_takes_a_bundle(city: City, log: Log) -> None:
    opened(city, log, {"kind": "all"})
    assert city.get(CASE, AUDITOR).status_code == 403
    assert city.get(CASE, "tax.business_user").status_code == 403
    assert city.get(CASE, "tax.business_user", hub_audit=AUDIT).status_code == 403
    assert exports(city) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"case_id={REQUEST}&entry_id={LIMITED}", 400),
        ("from=2026-03-01", 400),
        ("from=2026-03-09&to=2026-03-01", 422),
        ("from=yesterday&to=today", 422),
        ("case_id=sharing.request:none", 404),
        ("everything=1", 400),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    city: City, log: Log, query: str, status: int
) -> None:
    opened(city, log, {"kind": "all"})
    answer = city.get(f"supervision/evidence?{query}", AUDITOR, hub_audit=AUDIT)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert exports(city) == []


def test_each_choice_is_offered(city: City, log: Log) -> None:
    opened(city, log, {"kind": "all"})
    for query in (
        f"entry_id={LIMITED}",
        f"department_id={org('tax')}",
        "from=2026-03-01&to=2026-03-31",
    ):
        answer = city.get(f"supervision/evidence?{query}", AUDITOR, hub_audit=AUDIT)
        assert answer.status_code == 200, answer.text
    assert len(exports(city)) == 3


def test_without_a_checkpoint_there_is_no_bundle(city: City, log: Log) -> None:
    opened(city, log, {"kind": "all"})
    log.files.folder.joinpath("checkpoint").unlink()
    answer = city.get(CASE, AUDITOR, hub_audit=AUDIT)
    assert answer.status_code == 409
    assert "nothing is sealed yet" in answer.text or "尚无检查点" in answer.text
