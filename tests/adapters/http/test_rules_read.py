"""Legal bases, terms and policies over HTTP: found, read as a table, closed without a role."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest

from hub.departments.ruleset import NATIONAL
from hub.term import glossary
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import TAX, City

BASES = "departments/legal-bases"
RULES = "departments/deadline-rules"
POLICIES = "departments/policies"
DECREE, ACT = (f"departments.legal_basis:{name}" for name in ("decree-809", "act"))


def _follow(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def _do(city: City, path: str, body: dict[str, Any]) -> str:
    answer = city.send(f"departments/{path}", body, "authority.head")
    assert answer.status_code == 201, answer.text
    return answer.headers.get("location", "")


@pytest.fixture
def seen(city: City) -> City:
    """A city with a register of two documents, a term and a policy of its own."""
    for basis_id, title, since in (
        (DECREE, "政务数据共享条例", "2025-08-01"),
        (ACT, "数据安全法", "2021-09-01"),
    ):
        body = {"legal_basis_id": basis_id, "title": title, "number": "", "issuer": "国务院"}
        _do(city, "register-legal-basis", body | {"rank": "law", "valid_from": since})
    own = {"rule_id": "D-05", "term": 7, "valid_from": "2026-05-01", "document": "长政1号"}
    _do(city, "set-deadline-rule", own)
    _do(city, "change-policy", {"policy": "screening", "value": "on", "document": "长政2号"})
    _follow(city)
    return city


def _found(city: City, question: str) -> list[str]:
    answer = city.get(f"{BASES}?{question}", "tax.head")
    assert answer.status_code == 200, answer.text
    return [row["legal_basis_id"] for row in answer.json()["items"]]


def test_a_clerk_finds_the_basis_he_must_cite(seen: City) -> None:
    assert _found(seen, f"q={quote('共享 条例')}") == [DECREE]
    assert _found(seen, "in_force_on=2025-07-31") == [ACT]
    assert _found(seen, "rank=local_rule") == []
    first = seen.get(f"{BASES}?limit=1", "tax.head").json()
    assert [row["title"] for row in first["items"]] == ["政务数据共享条例"]
    assert _found(seen, f"limit=1&cursor={first['next']}") == [ACT]


def test_a_basis_is_read_where_its_receipt_says(seen: City) -> None:
    body = {"legal_basis_id": ACT, "repealed_on": "2026-03-01", "reason": "新法施行"}
    place = _do(seen, "repeal-legal-basis", body)
    assert place == f"/api/v1/{BASES}/{ACT}"
    _follow(seen)
    answer = seen.get(f"{BASES}/{ACT}", "tax.head")
    assert (answer.status_code, answer.json()["repealed_on"]) == (200, "2026-03-01")
    assert answer.headers["etag"].startswith('"2-')
    assert _found(seen, "in_force_on=2026-03-01") == [DECREE]
    missing = seen.get(f"{BASES}/departments.legal_basis:none", "tax.head")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_the_terms_in_force_are_the_citys_from_its_day_on(seen: City) -> None:
    def reply(on: str) -> dict[str, object]:
        items = seen.get(f"{RULES}?on={on}", "tax.head").json()["items"]
        assert [row["rule_id"] for row in items] == list(NATIONAL)
        return next(row for row in items if row["rule_id"] == "D-05")

    before, after = reply("2026-04-30"), reply("2026-05-01")
    assert (before["term"], before["source"], before["by_law"]) == (10, "Decree 809 §21", True)
    assert (after["term"], after["source"], after["national_term"]) == (7, "长政1号", 10)
    assert after["title"] == "答复有条件共享类申请"


def test_the_policies_say_what_the_city_decided(seen: City) -> None:
    rows = {row["policy"]: row for row in seen.get(POLICIES, "tax.head").json()["items"]}
    assert (rows["screening"]["value"], rows["screening"]["document"]) == ("on", "长政2号")
    assert (rows["forwarding"]["value"], rows["forwarding"]["document"]) == ("off", "")


@pytest.mark.parametrize(
    ("path", "column", "value"),
    [
        (BASES, "标题", "政务数据共享条例"),
        (RULES, "标题", "答复有条件共享类申请"),
        (POLICIES, "标题", "转办前初审"),
    ],
)
def test_each_list_is_had_as_a_table(seen: City, path: str, column: str, value: str) -> None:
    answer = seen.get(path, "tax.head", accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert value in [row[column] for row in rows]


@pytest.mark.parametrize("path", [BASES, f"{BASES}/{DECREE}", RULES, POLICIES])
def test_an_account_without_a_role_reads_none_of_it(seen: City, path: str) -> None:
    seen.account("new.clerk", TAX)
    refused = seen.get(path, "new.clerk")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert seen.client.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize("question", [f"{RULES}?on=9999-01-01", f"{BASES}?rank=king"])
def test_a_filter_that_cannot_be_is_a_problem(seen: City, question: str) -> None:
    answer = seen.get(question, "tax.head")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")


def test_every_term_the_product_knows_has_its_words() -> None:
    assert {f"deadline_rule.{rule_id}" for rule_id in NATIONAL} <= set(glossary())
