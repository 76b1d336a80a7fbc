"""Commands over HTTP: the body is the wish, the headers say its id, version and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from adapters.http.app import create_app
from adapters.settings import Settings
from tests.adapters.http.city import CIVIL, TAX, City

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database

RENAME = "departments/rename-organization"
BODY = {"org_id": TAX, "name": "市税务总局"}


def test_a_command_is_answered_with_its_receipt(city: City) -> None:
    answer = city.send(RENAME, BODY, "authority.head")
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt["subject_id"] == TAX
    assert receipt["events"] == [
        {"topic": "departments.organization.renamed", "stream_id": TAX, "version": 3}
    ]
    assert answer.headers["etag"] == '"3"'
    assert receipt["position"] > 0
    assert not receipt["repeated"]


def test_the_same_id_again_gets_the_first_answer(city: City) -> None:
    first = city.send(RENAME, BODY, "authority.head", "one-wish-only").json()
    again = city.send(RENAME, BODY, "authority.head", "one-wish-only")
    assert again.status_code == 200
    assert again.json() == {**first, "repeated": True}


def test_the_same_id_for_another_wish_is_refused(city: City) -> None:
    city.send(RENAME, BODY, "authority.head", "one-wish-only")
    other = city.send(RENAME, {**BODY, "name": "别名"}, "authority.head", "one-wish-only")
    assert (other.status_code, other.json()["code"]) == (409, "command_reused")


def test_a_version_that_moved_on_is_refused(city: City) -> None:
    moved = city.send(RENAME, BODY, "authority.head", if_match='"1"')
    assert (moved.status_code, moved.json()["code"]) == (412, "version_moved")
    assert city.send(RENAME, BODY, "authority.head", if_match='"2"').status_code == 201


@pytest.mark.parametrize("if_match", ["3", 'W/"3"', '"x"', '"-1"', ""])
def test_an_if_match_that_is_no_version_is_malformed(city: City, if_match: str) -> None:
    answer = city.send(RENAME, BODY, "authority.head", if_match=if_match)
    assert (answer.status_code, answer.json()["where"]) == (400, "If-Match")


@pytest.mark.parametrize("key", ["short", "x" * 201, "has a blank", ""])
def test_a_command_needs_an_id_of_its_own(city: City, key: str) -> None:
    answer = city.client.post(
        f"/api/v1/{RENAME}",
        json=BODY,
        headers={**city.as_("authority.head"), "idempotency-key": key},
    )
    assert (answer.status_code, answer.json()["where"]) == (400, "Idempotency-Key")


def test_a_refusal_is_a_problem_document_in_both_languages(city: City) -> None:
    chinese = city.send(RENAME, BODY, "tax.head")
    assert chinese.status_code == 403
    assert chinese.headers["content-type"] == "application/problem+json"
    document = chinese.json()
    assert document["type"] == "/problems/forbidden"
    assert document["title"] == "无权操作"
    assert document["detail"] == document["details"]["zh"]
    english = city.send(RENAME, BODY, "tax.head", accept_language="en-GB, zh;q=0.5").json()
    assert english["detail"] == english["details"]["en"]
    assert "authority_reviewer" in english["detail"]
    assert english["request_id"]


def test_wrong_fields_are_listed_with_pointers_in_the_readers_language(city: City) -> None:
    body = {"org_id": "tax", "more": 1}
    answer = city.send(RENAME, body, "authority.head")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")
    faults = {fault["pointer"]: fault for fault in answer.json()["errors"]}
    assert faults["/name"] == {"pointer": "/name", "code": "missing", "detail": "必填"}
    assert "departments.organization:" in faults["/org_id"]["detail"]
    assert faults["/more"]["detail"] == "没有这一字段"
    english = city.send(RENAME, body, "authority.head", accept_language="en").json()
    assert "Field required" in {fault["detail"] for fault in english["errors"]}


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b'{"org_id":', "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b"", "application/json", 400, "malformed"),
        (b'{"org_id": "\\ud800", "name": "x"}', "application/json", 400, "malformed"),
        (b"[]", "application/json", 422, "validation"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "", 415, "unsupported_media_type"),
        (b" " * 1_000_001, "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_command_is_a_problem(
    city: City, body: bytes, media_type: str, status: int, code: str
) -> None:
    answer = city.client.post(
        f"/api/v1/{RENAME}",
        content=body,
        headers={
            **city.as_("authority.head"),
            "idempotency-key": "some-id-here",
            "content-type": media_type,
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_thing_that_is_not_there_is_not_found(city: City) -> None:
    body = {"org_id": "departments.organization:nowhere", "name": "无"}
    answer = city.send(RENAME, body, "authority.head")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_command_is_sent_with_post(city: City) -> None:
    answer = city.get(RENAME, "authority.head")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_nothing_is_done_for_nobody(city: City) -> None:
    answer = city.client.post(
        f"/api/v1/{RENAME}", json=BODY, headers={"idempotency-key": "nobody-here"}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_clock_alone_has_no_address(city: City) -> None:
    paths = city.client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/departments/rename-organization" in paths
    assert not [path for path in paths if path.endswith("-overdue")]


def test_a_time_in_the_past_is_taken_only_while_history_is_imported(
    city: City, database: Database, tmp_path: Path
) -> None:
    past = "2026-03-02T16:00:00+08:00"
    refused = city.send(RENAME, BODY, "authority.head", hub_occurred_at=past)
    assert (refused.status_code, refused.json()["where"]) == (403, "Hub-Occurred-At")
    importing = Settings(
        database_url=SecretStr(database.app_url), home=tmp_path, history_import=True
    )
    with TestClient(create_app(importing)) as client:
        there = City(client, database)
        future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        for wrong in (future, "2026-03-02T16:00:00", "yesterday", "0001-01-01T00:00:00+14:00"):
            answer = there.send(RENAME, BODY, "authority.head", hub_occurred_at=wrong)
            assert (answer.status_code, answer.json()["where"]) == (400, "Hub-Occurred-At")
        taken = there.send(RENAME, BODY, "authority.head", hub_occurred_at=past)
        assert taken.status_code == 201


def test_an_unknown_address_is_a_problem_document(city: City) -> None:
    answer = city.client.get("/api/v1/nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert city.send("sharing/no-such-command", {}, "tax.head").status_code in {404, 405}


def test_a_department_cannot_be_registered_by_another(city: City) -> None:
    body = {"org_id": CIVIL, "person_id": "somebody", "role": "cataloguer"}
    assert city.send("departments/appoint-officer", body, "tax.head").status_code == 403
    assert city.send("departments/appoint-officer", body, "civil.head").status_code == 201


def test_a_form_that_is_too_large_or_no_json_is_a_problem_too(city: City) -> None:
    path = "/api/v1/identity/sessions"
    plain = {"content-type": "application/json"}
    declared = city.client.post(path, content=b" " * 1_000_001, headers=plain)
    assert (declared.status_code, declared.json()["code"]) == (413, "too_large")
    pieces = (b" " * 100_000 for _ in range(11))
    streamed = city.client.post(path, content=pieces, headers=plain)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")
    broken = city.client.post(path, content=b"{", headers=plain)
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed")
    text = city.client.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert (text.status_code, text.json()["code"]) == (415, "unsupported_media_type")


def test_a_streamed_command_is_cut_off_at_the_limit(city: City) -> None:
    pieces = (b" " * 100_000 for _ in range(11))
    headers = {
        **city.as_("authority.head"),
        "content-type": "application/json",
        "idempotency-key": "streamed-one",
    }
    answer = city.client.post(f"/api/v1/{RENAME}", content=pieces, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
