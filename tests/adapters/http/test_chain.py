"""The chain of one case, as a list, a table and a page; and what changed between two days."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from hub.actor import Role
from hub.record import log_entry, rfc3339
from projections import reader
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import City
from tests.hub.departments.city import LAW, org
from tests.hub.sharing.world import GRANT, LIMITED, REQUEST
from tests.projections.kit import record
from tests.projections.sharing.test_sharing_ledger import suspended

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.servers import Database

CHAIN = f"supervision/chain?case_id={REQUEST}"
DIFFERENCES = "supervision/differences?from=2026-03-08&to=2026-03-31&view="


@pytest.fixture
def city(client: TestClient, database: Database) -> City:
    """A request of the tax department's that was granted on 9 March and suspended on 1 April."""
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, suspended().events)
    for name, role in (("tax", Role.SHARING_HEAD), ("market", Role.SHARING_HEAD)):
        city.account(f"{name}.{role}", org(name))
    city.account("city.authority_supervisor", org("city"))
    city.account("operator", "hub", standing=Role.OPERATOR)
    with connect(database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
    return city


def test_a_chain_tells_who_did_what_when_and_on_what_basis(city: City) -> None:
    rows = city.get(CHAIN, "city.authority_supervisor").json()["items"]
    told = [row["topic"] for row in rows]
    assert [topic for topic in told if topic.startswith("catalog.entry")]
    assert told[-2:] == ["sharing.grant.activated", "sharing.grant.suspended"]
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)
    [submitted] = [row for row in rows if row["topic"] == "sharing.request.submitted"]
    assert (submitted["what_zh"], submitted["what_en"]) == (
        "共享申请已提交",
        "Sharing request submitted",
    )
    assert (submitted["org_name"], submitted["role_zh"]) == ("Tax", "共享工作机构负责人")
    assert submitted["at"].endswith("+08:00")
    assert submitted["receipt"] == f"/api/v1/seal/receipts/{submitted['position']}"
    [drafted] = [row for row in rows if row["topic"] == "sharing.request.drafted"]
    assert (drafted["legal_basis_id"], drafted["basis_title"], drafted["article"]) == (
        LAW,
        "统计法",
        "第五条",
    )


def test_the_exact_bytes_and_their_leaf_are_in_it(city: City) -> None:
    [*_, last] = city.get(CHAIN, "tax.sharing_head").json()["items"]
    with psycopg.connect(city.database.app_url) as connection:
        [recorded] = reader.at(connection, [last["position"]])
    assert last["state"].encode() == recorded.state
    assert last["leaf"] == recorded.leaf.hex()
    assert json.loads(log_entry(recorded, rfc3339(recorded.recorded_at)))["type"] == last["topic"]


def test_a_grant_leads_to_the_chain_of_its_request(city: City) -> None:
    of_request = city.get(CHAIN, "city.authority_supervisor").json()["items"]
    of_grant = city.get(f"supervision/chain?case_id={GRANT}", "city.authority_supervisor").json()
    assert {row["position"] for row in of_grant["items"]} == {row["position"] for row in of_request}
    entry = city.get(f"supervision/chain?case_id={LIMITED}", "city.authority_supervisor").json()
    assert {row["case_id"] for row in entry["items"]} >= {LIMITED}


def test_a_chain_is_paged_and_had_as_a_table(city: City) -> None:
    whole = city.get(CHAIN, "tax.sharing_head").json()["items"]
    first = city.get(f"{CHAIN}&limit=3", "tax.sharing_head").json()
    rest = city.get(f"{CHAIN}&cursor={first['next']}", "tax.sharing_head").json()["items"]
    assert first["items"] + rest == whole
    text = city.get(CHAIN, "tax.sharing_head", accept="text/csv").text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["事件原文"] for line in lines] == [row["state"] for row in whole]


def test_others_see_nothing_of_a_case(city: City) -> None:
    assert city.get(CHAIN, "market.sharing_head").json()["items"] == []
    page = city.client.get(f"/cases/{REQUEST}", headers=city.as_("market.sharing_head"))
    assert page.status_code == 200
    assert "不在您的查阅范围内" in page.text
    assert "№" not in page.text


def test_the_page_tells_the_case_in_chinese_and_in_english(city: City) -> None:
    page = city.client.get(f"/cases/{REQUEST}", headers=city.as_("city.authority_supervisor"))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for words in (
        "一案全程记录",
        "共享申请已提交",
        "《统计法》",
        "超范围使用",
        "第五条",
        "存证凭据",
    ):
        assert words in page.text, words
    assert "<script" not in page.text
    english = city.client.get(
        f"/cases/{REQUEST}?language=en", headers=city.as_("city.authority_supervisor")
    )
    for words in ("The whole chain of a case", "Sharing request submitted", "Receipt"):
        assert words in english.text, words
    earlier = city.client.get(
        f"/cases/{REQUEST}?as_of=2026-03-08", headers=city.as_("city.authority_supervisor")
    )
    assert "超范围使用" not in earlier.text


def test_the_page_refuses_what_is_not_there(city: City) -> None:
    headers = city.as_("city.authority_supervisor")
    assert city.client.get("/cases/sharing.request:none", headers=headers).status_code == 404
    assert city.client.get(f"/cases/{REQUEST}").status_code == 401
    assert city.client.get(f"/cases/{REQUEST}?lang=en", headers=headers).status_code == 422


def test_between_two_days_a_grant_was_issued(city: City) -> None:
    [added] = city.get(f"{DIFFERENCES}sharing_ledger", "tax.sharing_head").json()["items"]
    assert (added["change"], added["key"], added["before"]) == (
        "added",
        {"grant_id": GRANT},
        None,
    )
    assert added["after"]["status"] == "active"
    path = "supervision/differences?from=2026-03-31&to=&view=sharing_ledger"
    [changed] = city.get(path, "tax.sharing_head").json()["items"]
    assert changed["change"] == "changed"
    assert (changed["before"]["status"], changed["after"]["status"]) == ("active", "suspended")
    assert "suspension" in changed["fields"]
    table = city.get(path, "tax.sharing_head", accept="text/csv").text
    assert table.splitlines()[0].startswith("视图,")


def test_others_see_no_difference_in_a_matter_of_two(city: City) -> None:
    for view in ("sharing_ledger", "request_board", "audit_trail", "deadlines"):
        answer = city.get(f"{DIFFERENCES}{view}", "market.sharing_head")
        assert (answer.status_code, answer.json()["items"]) == (200, []), view
    assert city.get(f"{DIFFERENCES}catalogue", "operator").status_code == 403


def test_a_cursor_says_nothing_of_the_rows_it_passed_over(city: City) -> None:
    asked = f"{DIFFERENCES}request_board&limit=1"
    answer = city.get(asked, "market.sharing_head").json()
    assert (answer["items"], bool(answer["next"])) == ([], True)
    sealed = base64.urlsafe_b64decode(answer["next"] + "=" * (-len(answer["next"]) % 4))
    assert b"request" not in sealed
    following = city.get(f"{asked}&cursor={answer['next']}", "market.sharing_head")
    assert following.json() == {"items": [], "next": None}


def test_of_an_entry_others_see_what_is_published(city: City) -> None:
    path = "supervision/differences?from=2026-03-01&to=2026-03-31&view=catalogue"
    own = city.get(path, "city.authority_supervisor").json()["items"]
    others = city.get(path, "market.sharing_head").json()["items"]
    assert {row["key"]["entry_id"] for row in others} <= {row["key"]["entry_id"] for row in own}
    assert all(row["after"]["working"] is None for row in others)


def test_every_view_can_be_compared(city: City) -> None:
    for view in [projection.name for projection in PROJECTIONS]:
        path = f"supervision/differences?from=2026-03-01&to=2026-04-02&view={view}&limit=2"
        answer = city.get(path, "city.authority_supervisor")
        assert answer.status_code == 200, answer.text
        if answer.json()["next"]:
            path += f"&cursor={answer.json()['next']}"
            following = city.get(path, "city.authority_supervisor")
            assert following.status_code == 200, following.text
            assert following.json()["items"] != answer.json()["items"]


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("from=2026-03-31&to=2026-03-08", "from"),
        ("from=&to=2026-03-08", "from"),
        ("from=2026-03-08&to=2199-01-01", "to"),
        ("from=2026-03-08&to=2026-03-09&view=nothing", "view"),
        ("from=2026-03-08&to=2026-03-09&as_of=2026-03-09", "as_of"),
    ],
)
def test_days_that_cannot_be_compared_are_refused(city: City, asked: str, where: str) -> None:
    answer = city.get(f"supervision/differences?{asked}", "tax.sharing_head")
    assert answer.status_code in {400, 422}
    assert answer.json()["where"] == where
