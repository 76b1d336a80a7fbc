"""The hub as it stood: every question, asked of a day, a time or a position."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.http import pasts as edge
from hub.actor import Role
from projections import past
from projections.catch_up import catch_up
from projections.connect import connect
from projections.rebuild import replay
from projections.registry import PROJECTIONS
from tests.adapters.http.city import AUTHORITY, CIVIL, TAX, City
from tests.hub.departments.city import org
from tests.hub.sharing.world import GRANT, LIMITED, MONDAY, REQUEST
from tests.projections.kit import record
from tests.projections.sharing.test_sharing_ledger import granted

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.servers import Database

ORGANIZATIONS = "departments/organizations"
BEFORE = "2026-03-01"
AUDIT = "supervision.audit:2026"


@pytest.fixture
def seen(city: City) -> City:
    """A city whose views have caught up."""
    _follow(city)
    return city


@pytest.fixture
def story(client: TestClient, database: Database) -> City:
    """A request of March 2026 that was granted, told by its events."""
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, granted().events)
    for person, of in (("tax.sharing_head", "tax"), ("civil.sharing_head", "civil")):
        city.account(person, org(of))
    city.account("city.authority_supervisor", org("city"))
    city.account("audit.auditor", org("audit"))
    city.account("civil.adapter", org("civil"))
    city.account("market.business_user", org("market"))
    city.account("operator", "hub", standing=Role.OPERATOR)
    _follow(city)
    return city


def _follow(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def _position(city: City) -> int:
    with psycopg.connect(city.database.app_url) as connection:
        found = connection.execute("SELECT position FROM record.log_head").fetchone()
    assert found is not None
    return int(found[0])


def test_a_list_is_answered_as_of_a_position(seen: City) -> None:
    then = _position(seen)
    body = {"org_id": TAX, "name": "税务总局"}
    assert seen.send("departments/rename-organization", body, "authority.head").status_code == 201
    _follow(seen)
    answer = seen.get(f"{ORGANIZATIONS}?as_of_position={then}", "tax.head")
    assert {row["name"] for row in answer.json()["items"]} == {"市数据局", "市民政局", "市税务局"}
    assert answer.headers["hub-as-of-position"] == str(then)
    one = seen.get(f"{ORGANIZATIONS}/{TAX}?as_of_position={then}", "tax.head")
    assert (one.json()["name"], "etag" in one.headers) == ("市税务局", False)
    now = seen.get(f"{ORGANIZATIONS}/{TAX}", "tax.head")
    assert (now.json()["name"], "etag" in now.headers) == ("税务总局", True)
    assert "hub-as-of" not in now.headers


def test_pages_of_a_past_follow_one_another(seen: City) -> None:
    then = _position(seen)
    first = seen.get(f"{ORGANIZATIONS}?as_of_position={then}&limit=2", "tax.head")
    assert f"as_of_position={then}" in first.headers["link"]
    second = seen.client.get(
        first.headers["link"].partition("<")[2].partition(">")[0], headers=seen.as_("tax.head")
    ).json()
    found = [row["org_id"] for row in first.json()["items"] + second["items"]]
    assert found == [AUTHORITY, CIVIL, TAX]


def test_before_the_first_event_every_list_is_empty(story: City) -> None:
    for path in (ORGANIZATIONS, "catalog/entries", "sharing/requests", "sharing/grants"):
        answer = story.get(f"{path}?as_of=1999-12-31", "tax.sharing_head")
        assert (answer.status_code, answer.json()["items"]) == (200, []), path
    request = story.get(f"sharing/requests/{REQUEST}?as_of=1999-12-31", "tax.sharing_head")
    assert request.status_code == 404


def test_requests_grants_and_terms_stand_as_they_stood_on_a_day(story: City) -> None:
    now = story.get(f"sharing/requests/{REQUEST}", "tax.sharing_head").json()
    then = story.get(f"sharing/requests/{REQUEST}?as_of=2026-03-08", "tax.sharing_head").json()
    assert (now["status"], then["status"]) == ("fulfilled", "reviewing")
    assert (
        story.get(f"sharing/grants/{GRANT}?as_of=2026-03-08", "tax.sharing_head").status_code == 404
    )
    owed = "supervision/deadlines?as_of=2026-03-08"
    [reply] = story.get(owed, "civil.sharing_head").json()["items"]
    assert (reply["duty"], reply["due_on"]) == ("reply", "2026-03-16")
    overdue = story.get(
        "supervision/deadlines?which=overdue&as_of=2026-03-08", "civil.sharing_head"
    )
    assert overdue.json()["items"] == []


def test_a_time_is_taken_as_the_clocks_of_the_city_show_it(story: City) -> None:
    at = (MONDAY + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")
    for text in (at, f"{at}%2B08:00", f"{at}+08:00"):
        answer = story.get(f"sharing/requests?as_of={text}", "tax.sharing_head")
        assert answer.status_code == 200, answer.text
        assert answer.headers["hub-as-of"] == "2026-03-02T02:00:00.000000Z"


def test_today_is_the_present_and_tomorrow_is_refused(seen: City) -> None:
    today = datetime.now(UTC) + timedelta(hours=8)
    now = seen.get(f"{ORGANIZATIONS}?as_of={today:%Y-%m-%d}", "tax.head")
    assert now.json() == seen.get(ORGANIZATIONS, "tax.head").json()
    assert "hub-as-of" not in now.headers
    tomorrow = seen.get(f"{ORGANIZATIONS}?as_of={today + timedelta(days=1):%Y-%m-%d}", "tax.head")
    assert (tomorrow.status_code, tomorrow.json()["where"]) == (422, "as_of")
    assert "未到来" in tomorrow.json()["detail"]
    beyond = seen.get(f"{ORGANIZATIONS}?as_of_position=999999", "tax.head")
    assert (beyond.status_code, beyond.json()["where"]) == (400, "as_of_position")
    wrong = seen.get(f"{ORGANIZATIONS}?as_of=yesterday", "tax.head")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "moment")


def test_machines_and_the_operator_see_the_present_only(story: City) -> None:
    for person in ("civil.adapter", "operator"):
        assert story.get(ORGANIZATIONS, person).status_code == 200
        answer = story.get(f"{ORGANIZATIONS}?as_of={BEFORE}", person)
        assert (answer.status_code, answer.json()["where"]) == (403, "as_of")


def test_rights_are_those_of_now_in_the_past_too(story: City) -> None:
    path = f"sharing/requests/{REQUEST}?as_of=2026-03-20"
    assert story.get(path, "market.business_user").status_code == 403
    assert story.get(path, "city.authority_supervisor").status_code == 200
    listed = story.get("sharing/requests?as_of=2026-03-20", "market.business_user")
    assert listed.json()["items"] == []


def test_the_catalogue_of_a_day_is_found_by_dates_and_equals_the_built_one(story: City) -> None:
    by_dates = story.get("catalog/versions?as_of=2026-03-20", "market.business_user").json()
    assert LIMITED in {row["entry_id"] for row in by_dates["items"]}
    position = _position(story)
    path = f"catalog/versions?as_of=2026-03-20&as_of_position={position}"
    assert story.get(path, "market.business_user").json() == by_dates
    with psycopg.connect(story.database.app_url) as connection:
        built = connection.execute("SELECT schema_name FROM desk.pasts").fetchall()
    assert built == [(f"past_20260320155959999999_p{position}",)]


def test_an_event_is_not_there_before_it_happened(story: City) -> None:
    trail = story.get(f"supervision/audit-trail?case_id={REQUEST}", "tax.sharing_head").json()
    last = trail["items"][-1]["position"]
    assert story.get(f"supervision/events/{last}", "tax.sharing_head").status_code == 200
    path = f"supervision/events/{last}?as_of_position={last - 1}"
    assert story.get(path, "tax.sharing_head").status_code == 404


def test_who_asks_while_it_is_built_is_told_to_come_back(
    seen: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "WAIT_SECONDS_MAX", 0.0)
    path = f"{ORGANIZATIONS}?as_of_position=2"
    answer = seen.get(path, "tax.head")
    assert (answer.status_code, answer.json()["code"]) == (503, "building")
    assert answer.headers["retry-after"] == "2"
    assert "重建" in answer.json()["detail"]
    monkeypatch.setattr(edge, "WAIT_SECONDS_MAX", 30.0)
    assert seen.get(path, "tax.head").status_code == 200


def test_a_past_that_cannot_be_built_is_said(seen: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file: No space left on device")

    monkeypatch.setattr(past, "replay", full)
    for _ in range(2):
        answer = seen.get(f"{ORGANIZATIONS}?as_of_position=2", "tax.head")
        assert (answer.status_code, answer.json()["code"]) == (503, "past_broken")
        assert "No space left on device" in answer.json()["details"]["en"]
    monkeypatch.setattr(past, "replay", replay)
    monkeypatch.setattr(past, "BROKEN_SECONDS", 0.0)
    assert seen.get(f"{ORGANIZATIONS}?as_of_position=2", "tax.head").status_code == 200


def test_an_auditors_look_into_the_past_is_an_event(story: City) -> None:
    notice = {
        "audit_id": AUDIT,
        "auditor_id": org("audit"),
        "audited_id": org("tax"),
        "scope": {"kind": "all"},
        "purpose": "数据共享专项审计",
        "notice_number": "审通〔2026〕1号",
        "team": ["audit.auditor"],
    }
    assert story.send("supervision/open-audit", notice, "audit.auditor").status_code == 201
    access = {"audit_id": AUDIT, "approval_document": "府批〔2026〕9号", "approval_reason": "特殊"}
    sent = story.send("supervision/grant-audit-access", access, "audit.auditor")
    assert sent.status_code == 201, sent.text
    for path in ("sharing/requests", "sharing/grants"):
        answer = story.get(f"{path}?as_of=2026-03-20", "audit.auditor", hub_audit=AUDIT)
        assert len(answer.json()["items"]) == 1
        last = int(answer.headers["hub-as-of-position"])
    with psycopg.connect(story.database.app_url) as connection:
        acts = connection.execute(
            """
            SELECT topic, convert_from(state, 'UTF8')::jsonb
              FROM record.events
             WHERE topic IN ('supervision.audit.replay_run', 'supervision.audit.exported')
             ORDER BY position
            """
        ).fetchall()
    assert [topic for topic, _ in acts] == [
        "supervision.audit.replay_run",
        "supervision.audit.exported",
        "supervision.audit.exported",
    ]
    assert acts[0][1]["until_position"] == last
    assert acts[2][1]["query"] == "GET /api/v1/sharing/grants?as_of=2026-03-20"


def test_a_parameter_nobody_knows_is_refused_by_its_name(seen: City) -> None:
    answer = seen.get(f"{ORGANIZATIONS}?region=3301", "tax.head")
    assert (answer.status_code, answer.json()["where"]) == (400, "region")
    assert "region_code" in answer.json()["detail"]
    assert seen.get(f"{ORGANIZATIONS}?region_code=3301", "tax.head").status_code == 200
