"""Receipts are for whom they are meant; a command may wait for its own, and loses nothing by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from adapters.http.desk import desk_at
from adapters.http.waiting import with_receipts
from adapters.keys import verify
from hub.actor import Role
from hub.execute import Receipt
from hub.seal import merkle, proof
from hub.seal.merkle import ProofError
from tests.adapters.http.city import CIVIL, TAX, City
from tests.adapters.http.sealed_city import (
    event_at,
    key_of,
    position_of,
    problem,
    proves,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from tests.adapters.seal.sealing import Log


BASIS = {
    "legal_basis_id": "departments.legal_basis:sharing",
    "title": "政务数据共享条例",
    "number": "国令第809号",
    "rank": "administrative_regulation",
    "issuer": "国务院",
    "valid_from": "2025-08-01",
}


def test_a_department_gets_the_receipt_of_what_it_did(city: City, log: Log) -> None:
    position = position_of(city, "departments.organization.officer_appointed")
    log.seal_all()
    answer = city.get(f"seal/receipts/{position}", "authority.head")

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].endswith(f'"event-{position}.tlog-proof"')
    proves(city.client, log, answer.content, position)
    other = merkle.leaf(b"another event")
    with pytest.raises(ProofError):
        proof.check(proof.parse(answer.content), other, key_of(city.client), verify)


def test_the_operator_gets_the_receipt_of_what_he_did(city: City, log: Log) -> None:
    position = position_of(city, "departments.organization.registered")
    log.seal_all()
    assert event_at(log, position).state.count(b'"operator"')
    proves(city.client, log, city.get(f"seal/receipts/{position}", "operator").content, position)


def test_a_receipt_is_for_whoever_may_read_the_event(city: City, log: Log) -> None:
    city.appoint(TAX, "tax.cataloguer", Role.CATALOGUER, by="tax.head")
    city.appoint(CIVIL, "civil.cataloguer", Role.CATALOGUER, by="civil.head")
    position = log.seal_all().size

    assert city.get(f"seal/receipts/{position}", "civil.head").status_code == 200
    assert city.get(f"seal/receipts/{position}", "authority.head").status_code == 200
    assert problem(city.get(f"seal/receipts/{position}", "tax.head"), 403)["code"] == "forbidden"
    anonymous = city.client.get(f"/api/v1/seal/receipts/{position}")
    assert problem(anonymous, 401)["code"] == "unauthenticated"


def test_a_receipt_of_what_is_not_there_or_not_sealed_is_refused(city: City, log: Log) -> None:
    sealed = log.seal_all().size
    city.appoint(TAX, "tax.cataloguer", Role.CATALOGUER, by="tax.head")

    problem(city.get("seal/receipts/0", "tax.head"), 422)
    problem(city.get("seal/receipts/9999", "tax.head"), 404)
    refused = problem(city.get(f"seal/receipts/{sealed + 1}", "tax.head"), 409)
    assert f"the log ends at {sealed}" in refused["details"]["en"]


def test_no_receipt_is_given_for_an_event_that_was_altered(city: City, log: Log) -> None:
    position = log.seal_all().size
    log.superuser(
        "UPDATE record.events SET recorded_at = recorded_at + interval '1 s'"
        f" WHERE position = {position}"
    )
    refused = problem(city.get(f"seal/receipts/{position}", "authority.head"), 409)

    assert f"position {position} is not the one that was sealed" in refused["details"]["en"]


def test_a_command_may_wait_for_its_receipts(city: City, log: Log) -> None:
    with log.sealer():
        answer = city.send(
            "departments/register-legal-basis?wait=sealed", BASIS, "authority.head", "wait-0001"
        )
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["sealed"] is True
    assert len(found["receipt"]) == len(found["events"]) == 1
    proves(city.client, log, found["receipt"][0], found["position"])

    again = city.send(
        "departments/register-legal-basis?wait=sealed", BASIS, "authority.head", "wait-0001"
    )
    assert again.status_code == 200
    assert (again.json()["repeated"], again.json()["sealed"]) == (True, True)
    proves(city.client, log, again.json()["receipt"][0], found["position"])


def test_a_command_is_recorded_even_when_nobody_seals_it(
    city: City, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.http.sealed.WAIT_SECONDS_MAX", 0.05)
    answer = city.send("departments/register-legal-basis?wait=sealed", BASIS, "authority.head")

    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["sealed"], found["receipt"]) == (False, [])
    assert f"/api/v1/seal/receipts/{found['position']}" in found["detail"]
    assert event_at(log, found["position"]).topic == "departments.legal_basis.registered"


def test_waiting_for_anything_else_is_refused_before_the_command_is_decided(
    city: City, log: Log
) -> None:
    head = log.seal_all().size
    for wish in ("wait=published", "wait=", "wait=sealed&wait=never"):
        answer = city.send(f"departments/register-legal-basis?{wish}", BASIS, "authority.head")
        assert problem(answer, 400)["where"] == "wait"
    assert log.seal_all().size == head


def test_a_refused_command_is_refused_at_once_however_long_it_would_wait(city: City) -> None:
    answer = city.send("departments/register-legal-basis?wait=sealed", BASIS, "tax.head")
    assert problem(answer, 403)["code"] == "forbidden"


@pytest.mark.anyio
async def test_a_command_with_nothing_to_record_waits_for_nothing(client: TestClient) -> None:
    desk = desk_at(cast("FastAPI", client.app))
    nothing = Receipt("wait-0002", TAX, 0, datetime.now(UTC), ())
    answer = await with_receipts(desk, nothing, "zh")

    assert (answer.sealed, answer.receipt, answer.detail) == (True, (), "")
    assert (answer.command_id, answer.position) == ("wait-0002", 0)
