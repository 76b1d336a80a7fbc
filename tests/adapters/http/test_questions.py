"""Questions over HTTP: pages, forms, waiting, entity tags, and who may read what."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest

from hub.actor import Role
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import AUTHORITY, CIVIL, TAX, City

ORGANIZATIONS = "departments/organizations"


@pytest.fixture
def seen(city: City) -> City:
    """A city whose views have caught up."""
    _follow(city)
    return city


def _follow(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def test_every_officer_reads_the_directory(seen: City) -> None:
    answer = seen.get(ORGANIZATIONS, "tax.head")
    assert answer.status_code == 200
    assert [row["org_id"] for row in answer.json()["items"]] == [AUTHORITY, CIVIL, TAX]
    assert answer.json()["next"] is None


def test_an_account_without_a_role_reads_nothing(seen: City) -> None:
    seen.account("new.clerk", TAX)
    assert seen.get(ORGANIZATIONS, "new.clerk").status_code == 403
    assert seen.client.get(f"/api/v1/{ORGANIZATIONS}").status_code == 401


def test_an_officer_reads_as_soon_as_he_is_appointed_and_no_longer_than_he_serves(
    seen: City,
) -> None:
    seen.appoint(TAX, "tax.clerk", Role.CATALOGUER)
    assert seen.get(ORGANIZATIONS, "tax.clerk").status_code == 200
    body = {"org_id": TAX, "person_id": "tax.clerk", "role": "cataloguer"}
    assert seen.send("departments/relieve-officer", body, "tax.head").status_code == 201
    assert seen.get(ORGANIZATIONS, "tax.clerk").status_code == 403


def test_pages_follow_one_another_without_a_hole(seen: City) -> None:
    first = seen.get(f"{ORGANIZATIONS}?limit=2", "tax.head")
    assert 'rel="next"' in first.headers["link"]
    cursor = first.json()["next"]
    second = seen.get(f"{ORGANIZATIONS}?limit=2&cursor={cursor}", "tax.head").json()
    found = [row["org_id"] for row in first.json()["items"] + second["items"]]
    assert found == [AUTHORITY, CIVIL, TAX]
    assert second["next"] is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "bnVsbA",
        "W10",
        "WzFd",
        "a" * 601,
        "WyJcdTAwMDAiXQ",
        "WyJcdWQ4MDAiXQ",
        "WzFlNDAwXQ",
    ],
)
def test_a_strange_cursor_is_a_problem(seen: City, cursor: str) -> None:
    answer = seen.get(f"{ORGANIZATIONS}?cursor={cursor}", "tax.head")
    assert answer.status_code in {400, 422}


def test_a_cursor_of_another_address_or_with_a_changed_letter_is_refused(seen: City) -> None:
    cursor = seen.get(f"{ORGANIZATIONS}?limit=2", "tax.head").json()["next"]
    assert seen.get(f"supervision/audit-trail?cursor={cursor}", "tax.head").status_code == 400
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    assert seen.get(f"{ORGANIZATIONS}?cursor={changed}", "tax.head").status_code == 400


def test_a_table_comes_as_csv_with_titles_and_without_formulas(seen: City) -> None:
    body = {"org_id": TAX, "name": "=HYPERLINK(1)"}
    seen.send("departments/rename-organization", body, "authority.head")
    _follow(seen)
    answer = seen.get(f"{ORGANIZATIONS}?bom=true", "tax.head", accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert rows[-1]["机构名称"] == "'=HYPERLINK(1)"
    english = seen.get(ORGANIZATIONS, "tax.head", accept="text/csv", accept_language="en")
    assert "Organisation" in english.text.splitlines()[0]


def test_another_form_is_not_acceptable(seen: City) -> None:
    answer = seen.get(ORGANIZATIONS, "tax.head", accept="image/png")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_a_thing_has_the_version_that_if_match_wants(seen: City) -> None:
    shown = seen.get(f"{ORGANIZATIONS}/{TAX}", "tax.head")
    tag = shown.headers["etag"]
    assert tag.startswith('"2-')
    unchanged = seen.get(f"{ORGANIZATIONS}/{TAX}", "tax.head", if_none_match=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    renamed = seen.send(
        "departments/rename-organization",
        {"org_id": TAX, "name": "税务总局"},
        "authority.head",
        if_match=tag,
    )
    assert renamed.status_code == 201
    assert renamed.headers["location"] == f"/api/v1/{ORGANIZATIONS}/{TAX}"
    _follow(seen)
    changed = seen.get(f"{ORGANIZATIONS}/{TAX}", "tax.head", if_none_match=tag)
    assert (changed.status_code, changed.json()["name"]) == (200, "税务总局")


def test_a_thing_that_is_not_there_is_not_found(seen: City) -> None:
    answer = seen.get(f"{ORGANIZATIONS}/departments.organization:nowhere", "tax.head")
    assert answer.status_code == 404


def test_a_question_waits_for_a_position_and_says_when_the_view_stays_behind(
    seen: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = seen.send(
        "departments/rename-organization", {"org_id": TAX, "name": "税务"}, "authority.head"
    ).json()
    monkeypatch.setattr("adapters.http.question.WAIT_SECONDS_MAX", 0.05)
    path = f"{ORGANIZATIONS}/{TAX}?after={receipt['position']}"
    behind = seen.get(path, "tax.head")
    assert (behind.status_code, behind.json()["code"]) == (503, "behind")
    assert behind.headers["retry-after"]
    _follow(seen)
    assert seen.get(path, "tax.head").json()["name"] == "税务"


def test_the_trail_of_a_department_is_read_by_itself_and_its_authority(seen: City) -> None:
    path = f"supervision/audit-trail?subject_id={TAX}"
    own = seen.get(path, "tax.head").json()["items"]
    assert [row["topic"] for row in own] == [
        "departments.organization.registered",
        "departments.organization.officer_appointed",
    ]
    assert seen.get(path, "authority.head").json()["items"] == own
    assert seen.get(path, "civil.head").json()["items"] == []
    event = f"supervision/events/{own[0]['position']}"
    assert seen.get(event, "tax.head").json()["state"]["name"] == "市税务局"
    assert seen.get(event, "civil.head").status_code == 403
    assert seen.get("supervision/events/999999", "tax.head").status_code == 404


def test_deadlines_are_ones_own(seen: City) -> None:
    assert seen.get("supervision/deadlines", "tax.head").json() == {"items": [], "next": None}
    other = seen.get(f"supervision/deadlines?owner_id={quote(CIVIL)}", "tax.head")
    assert other.status_code == 403
    over = seen.get(f"supervision/deadlines?owner_id={quote(CIVIL)}", "authority.head")
    assert over.status_code == 200


def test_the_operator_reads_what_is_published_and_no_matter(seen: City) -> None:
    assert seen.get(ORGANIZATIONS, "operator").status_code == 200
    path = f"supervision/audit-trail?subject_id={TAX}"
    assert seen.get(path, "operator").json()["items"] == []
