"""Personal text over HTTP: shown with the row it stands in, never in the record, gone on demand."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.erasure import Erasure
from hub.actor import Role
from hub.departments.events import LegalBasisRegistered, OfficerAppointed
from hub.departments.kinds import LegalRank
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import AUTHORITY, CIVIL, TAX, City
from tests.hub.departments.city import DECREE, basis
from tests.projections import kit

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

NAME, PHONE = "欧阳若兰", "138-7310-4457"
PERSON = "tax.clerk"
CLERK = {"org_id": TAX, "person_id": PERSON, "role": "cataloguer", "name": NAME, "phone": PHONE}
OFFICERS = f"departments/officers?org_id={TAX}"
HELD = f"security/personal-data?subject_id=person:{PERSON}"
ERASE = {
    "subject_id": f"person:{PERSON}",
    "org_id": TAX,
    "ground": "purpose_ended",
    "basis": {"legal_basis_id": DECREE, "article": "第三十七条"},
}
KEPT: dict[str, Any] = {
    "retained_until": "2099-12-31",
    "retention_basis": {"legal_basis_id": DECREE, "article": "第二十九条"},
}


@pytest.fixture
def staffed(city: City) -> City:
    """A city whose tax office has a clerk with a name, and a security officer."""
    with connect(city.database.app_url) as connection:
        kit.record(connection, [decree()])
    city.appoint(TAX, "tax.security", Role.SECURITY_OFFICER, by="tax.head")
    city.appoint(CIVIL, "civil.security", Role.SECURITY_OFFICER, by="civil.head")
    city.account(PERSON, TAX)
    appointed = city.send("departments/appoint-officer", CLERK, "tax.head", key="appoint-clerk")
    assert appointed.status_code == 201, appointed.text
    follow(city)
    return city


def decree() -> LegalBasisRegistered:
    return basis(DECREE, "政务数据共享条例", LegalRank.ADMINISTRATIVE_REGULATION)


def follow(city: City) -> None:
    with connect(city.database.app_url) as connection:
        assert not catch_up(connection, PROJECTIONS).parked


def relieve(city: City) -> None:
    body = {name: CLERK[name] for name in ("org_id", "person_id", "role")}
    assert city.send("departments/relieve-officer", body, "tax.head").status_code == 201
    follow(city)


def erase(city: City, person: str = "tax.security", **changes: Any) -> Any:
    return city.send("security/erase-personal-data", ERASE | changes, person)


def carry_out(city: City) -> None:
    async def look() -> None:
        reader = Erasure(city.database.app_url, say=lambda _: None)
        await reader.tick()
        reader.close()

    asyncio.run(look())


def clerk(city: City, as_: str = "civil.head", **headers: str) -> dict[str, Any]:
    rows = city.get(OFFICERS, as_, **headers).json()["items"]
    [row] = [row for row in rows if row["person_id"] == PERSON]
    return dict(row)


def test_what_was_entered_is_read_where_the_row_is_read_in_json_and_csv(staffed: City) -> None:
    assert (clerk(staffed)["person_name"], clerk(staffed)["phone"]) == (NAME, PHONE)
    sheet = staffed.get(OFFICERS, "civil.head", accept="text/csv", accept_language="zh").text
    title, *lines = csv.reader(io.StringIO(sheet))
    assert title[-2:] == ["姓名", "电话"]
    assert [NAME, PHONE] in [line[-2:] for line in lines]


def test_record_views_and_side_tables_never_hold_it(staffed: City) -> None:
    with psycopg.connect(staffed.database.superuser_url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname IN ('record', 'views', 'desk')"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(
                f"COPY (SELECT * FROM {table}) TO STDOUT".encode()
            ) as copy:
                content = b"".join(bytes(part) for part in copy)
            # Binary columns are written in hexadecimal.
            for text in (NAME, PHONE):
                assert text.encode() not in content, table
                assert text.encode().hex().encode() not in content, table


def test_a_retry_gets_the_first_answer_and_another_text_is_another_command(staffed: City) -> None:
    again = staffed.send("departments/appoint-officer", CLERK, "tax.head", key="appoint-clerk")
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    other = CLERK | {"name": "别人"}
    answer = staffed.send("departments/appoint-officer", other, "tax.head", key="appoint-clerk")
    assert answer.json()["code"] == "command_reused"


def test_a_refusal_does_not_repeat_personal_text(staffed: City) -> None:
    doubled = staffed.send("departments/appoint-officer", CLERK, "tax.head")
    assert doubled.status_code == 409
    long = staffed.send("departments/appoint-officer", CLERK | {"phone": PHONE * 90}, "tax.head")
    assert long.status_code == 422
    for answer in (doubled, long):
        assert NAME not in answer.text
        assert PHONE not in answer.text


def test_the_event_is_shown_as_it_was_hashed_with_commitments(staffed: City) -> None:
    trail = staffed.get(f"supervision/audit-trail?subject_id={TAX}", "tax.head").json()["items"]
    last = [row for row in trail if row["topic"] == OfficerAppointed.TOPIC][-1]
    state = staffed.get(f"supervision/events/{last['position']}", "tax.head").json()["state"]
    assert state["person_id"] == PERSON
    assert state["name"].startswith("personal:sha256:")


def test_an_officer_in_office_is_not_erased(staffed: City) -> None:
    refused = erase(staffed)
    assert refused.json()["code"] == "conflict"
    assert "relieve the officer first" in refused.json()["details"]["en"]


def test_who_holds_something_is_looked_up_and_not_believed(staffed: City) -> None:
    # The clerk still serves in the tax office; naming another holder does not hide that.
    refused = erase(staffed, "authority.head", org_id=CIVIL, holder_ids=[CIVIL])
    assert refused.status_code == 403
    staffed.appoint(AUTHORITY, "authority.supervisor", Role.AUTHORITY_SUPERVISOR)
    refused = erase(staffed, "authority.supervisor", org_id=CIVIL, holder_ids=[CIVIL])
    assert "still holds an office" in refused.json()["details"]["en"]
    strange = erase(staffed, "civil.security", org_id=CIVIL)
    assert (strange.status_code, "keeps something" in strange.text) == (403, True)


def test_erased_is_gone_from_every_answer_at_once_and_from_the_tables_soon(staffed: City) -> None:
    relieve(staffed)
    before = staffed.get(HELD, "tax.security").json()["items"]
    assert [(row["field"], row["text"]) for row in before] == [("name", NAME), ("phone", PHONE)]
    answer = staffed.send("security/erase-personal-data", ERASE, "tax.security", key="erase-clerk")
    assert answer.status_code == 201, answer.text
    assert [event["topic"] for event in answer.json()["events"]] == ["security.personal.erased"]

    held = staffed.get(HELD, "tax.security").json()["items"]
    assert {(row["personal_status"], row["text"]) for row in held} == {("erased", "")}
    again = staffed.send("security/erase-personal-data", ERASE, "tax.security", key="erase-clerk")
    assert again.json()["repeated"]

    carry_out(staffed)
    again = staffed.send("security/erase-personal-data", ERASE, "tax.security", key="erase-clerk")
    assert again.json()["repeated"], "the repetition of the wish changed with what it did"
    nothing = erase(staffed)
    assert (nothing.status_code, "nothing personal" in nothing.text) == (404, True)
    accounts = staffed.get("identity/accounts", "tax.head", accept_language="zh").json()["items"]
    [account] = [one for one in accounts if one["person_id"] == PERSON]
    assert (account["display_name"], account["active"]) == ("已删除", False)
    assert staffed.client.get("/api/v1/identity/me", headers=login(staffed)).status_code == 401


def login(city: City) -> dict[str, str]:
    answer = city.client.post(
        "/api/v1/identity/sessions", json={"person_id": PERSON, "password": "correct horse battery"}
    )
    return {"authorization": f"Bearer {answer.json().get('token', 'none')}"}


def test_an_appointment_after_the_erasure_is_read_and_the_old_one_is_not(staffed: City) -> None:
    body = {name: CLERK[name] for name in ("org_id", "person_id", "role")}
    assert staffed.send("departments/relieve-officer", body, "tax.head").status_code == 201
    follow(staffed)
    assert erase(staffed).status_code == 201
    carry_out(staffed)
    retry = staffed.send("departments/appoint-officer", CLERK, "tax.head", key="appoint-clerk")
    assert retry.json()["code"] == "command_reused"
    follow(staffed)
    assert staffed.send("departments/appoint-officer", CLERK, "tax.head").status_code == 201
    follow(staffed)
    assert clerk(staffed)["person_name"] == NAME
    held = staffed.get(HELD, "tax.security").json()["items"]
    assert [row["personal_status"] for row in held] == ["erased", "erased", "held", "held"]


def test_while_a_term_of_keeping_runs_it_is_restricted_and_the_receipt_says_so(
    staffed: City,
) -> None:
    relieve(staffed)
    answer = erase(staffed, **KEPT)
    assert [event["topic"] for event in answer.json()["events"]] == ["security.personal.restricted"]
    held = staffed.get(HELD, "tax.security").json()["items"]
    assert {(row["personal_status"], row["text"]) for row in held} == {("restricted", "")}
    accounts = staffed.get("identity/accounts", "tax.head", accept_language="en").json()["items"]
    assert [one["display_name"] for one in accounts if one["person_id"] == PERSON] == ["restricted"]
    refused = erase(staffed)
    assert "must be kept to the end of 2099-12-31" in refused.json()["details"]["en"]
    follow(staffed)
    owed = f"supervision/deadlines?case_id=security.personal:person~{PERSON}"
    [duty] = staffed.get(owed, "tax.head").json()["items"]
    assert (duty["duty"], duty["due_on"]) == ("erase", "2099-12-31")

    lift = {"subject_id": f"person:{PERSON}", "reason": "误将人员列入"}
    path = "security/lift-personal-data-restriction"
    assert staffed.send(path, lift, "tax.security").status_code == 201
    held = staffed.get(HELD, "tax.security").json()["items"]
    assert [row["text"] for row in held] == [NAME, PHONE]


def test_what_is_kept_is_shown_to_the_person_and_to_who_answers_for_it(staffed: City) -> None:
    own = staffed.get(HELD, PERSON).json()["items"]
    assert [row["text"] for row in own] == [NAME, PHONE]
    assert staffed.get(HELD, "tax.head").status_code == 403
    assert staffed.get(HELD, "civil.security").json()["items"] == []
    staffed.appoint(AUTHORITY, "authority.supervisor", Role.AUTHORITY_SUPERVISOR)
    assert len(staffed.get(HELD, "authority.supervisor").json()["items"]) == 2


def test_nobody_reads_it_by_opening_an_account_under_anothers_key(staffed: City) -> None:
    officer = CLERK | {"person_id": "tax.newcomer"}
    assert staffed.send("departments/appoint-officer", officer, "tax.head").status_code == 201
    account = {"person_id": "tax.newcomer", "org_id": CIVIL, "display_name": "x"}
    refused = staffed.send("identity/accounts", account, "civil.head")
    assert (refused.status_code, TAX in refused.json()["details"]["en"]) == (403, True)
    opened = staffed.send("identity/accounts", account | {"org_id": TAX}, "tax.head")
    assert opened.status_code == 201, opened.text


def test_text_about_nobody_is_refused_with_the_field_to_fill(staffed: City) -> None:
    body = {
        "correction_id": "feedback.correction:1",
        "entry_id": "catalog.entry:1",
        "raiser_id": TAX,
        "defect": "inaccurate",
        "what": "地址有误",
        "records": 1,
        "statement": "我已迁居",
    }
    refused = staffed.send("feedback/request-correction", body, "tax.head")
    assert (refused.status_code, refused.json()["where"]) == (422, "citizen_id")


def test_a_wrong_key_file_is_said_and_stops_nothing_else(staffed: City, client: TestClient) -> None:
    desk = client.app.state.desk  # type: ignore[attr-defined]  # the application under the client
    desk.settings.personal_key.write_text("damaged", encoding="ascii")
    del desk.master
    assert clerk(staffed, accept_language="zh")["phone"] == "无法读取"
    answer = staffed.send("departments/appoint-officer", CLERK, "tax.head")
    assert answer.json()["code"] == "unavailable"
    assert "personal.key" in answer.json()["details"]["en"]
    plain = {name: CLERK[name] for name in ("org_id", "person_id")} | {"role": "business_user"}
    assert staffed.send("departments/appoint-officer", plain, "tax.head").status_code == 201
