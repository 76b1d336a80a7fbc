"""Who has witnessed the log is shown, and receipts are given under what was witnessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.seal.policy import is_witnessed, read_policy
from hub.actor import Role
from hub.seal import note as notes
from hub.seal import proof
from hub.seal.note import Note, Signature
from tests.adapters.http.city import TAX, City
from tests.adapters.http.sealed_city import (
    demand,
    proves,
    seal_with,
    witness_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.adapters.seal.sealing import Log


def test_the_head_says_who_witnessed_it_and_when(client: TestClient, log: Log) -> None:
    audit, tax = witness_of("audit", 1), witness_of("tax", 2)
    demand(log, [audit, tax])
    log.append(3)
    seal_with(log, [audit, tax])
    shown = client.get("/api/v1/seal/checkpoint").json()

    assert (shown["demands_witnesses"], shown["witnessed"], shown["witnessed_size"]) == (
        True,
        True,
        3,
    )
    assert [each["name"] for each in shown["witnesses"]] == ["audit.city", "tax.city"]
    assert [each["cosigned_size"] for each in shown["witnesses"]] == [3, 3]
    for each in shown["witnesses"]:
        since = datetime.now(UTC) - datetime.fromisoformat(each["cosigned_at"])
        assert 0 <= since.total_seconds() < 60


def test_a_checkpoint_without_the_quorum_is_not_witnessed(client: TestClient, log: Log) -> None:
    audit, tax = witness_of("audit", 1), witness_of("tax", 2)
    demand(log, [audit, tax])
    log.append(3)
    seal_with(log, [audit])
    shown = client.get("/api/v1/seal/checkpoint").json()

    assert (shown["witnessed"], shown["witnessed_at"]) == (False, None)
    assert [each["cosigned_size"] for each in shown["witnesses"]] == [3, 0]
    assert [each["state"] for each in client.get("/api/v1/seal/checkpoints").json()["items"]][
        -1
    ] == ("unwitnessed")


def test_a_receipt_is_given_under_a_witnessed_checkpoint_where_there_is_one(
    city: City, log: Log
) -> None:
    audit = witness_of("audit", 1)
    demand(log, [audit])
    seal_with(log, [audit])
    seen = log.files.latest()[0].size
    city.appoint(TAX, "tax.cataloguer", Role.CATALOGUER, by="tax.head")
    log.seal_all()
    policy = read_policy(log.settings.witness_policy)
    assert policy is not None

    for position, witnessed in ((1, True), (seen, True), (seen + 1, False)):
        body = city.get(f"seal/receipts/{position}", "authority.head").content
        signed: Note = notes.parse(proof.parse(body).checkpoint)
        assert is_witnessed(policy, signed) is witnessed
        proves(city.client, log, body, position)


def test_a_note_in_the_table_that_nobody_signed_is_not_used(city: City, log: Log) -> None:
    audit = witness_of("audit", 1)
    demand(log, [audit])
    seal_with(log, [audit])
    city.appoint(TAX, "tax.cataloguer", Role.CATALOGUER, by="tax.head")
    head = log.seal_all()
    forged = Note(head.text, (Signature("x", b"1234", b"\0" * 64),))
    log.superuser(
        "UPDATE desk.checkpoints SET witnessed_at = now(),"
        f" note = '\\x{notes.render(forged).hex()}'"
    )
    body = city.get("seal/receipts/1", "authority.head").content

    assert proves(city.client, log, body, 1) == head


def test_a_policy_that_cannot_be_read_is_said_and_stops_nothing(
    client: TestClient, log: Log
) -> None:
    log.settings.witness_policy.write_text("quorum nobody\n")
    log.append(2)
    log.seal_all()
    shown = client.get("/api/v1/seal/checkpoint").json()

    assert "line 1 of the policy" in shown["trouble"]
    assert shown["size"] == 2


def test_the_figures_for_prometheus_tell_size_lag_and_the_last_witness(
    client: TestClient, log: Log
) -> None:
    audit = witness_of("audit", 1)
    demand(log, [audit])
    log.append(4)
    seal_with(log, [audit])
    log.append(2)
    page = client.get("/metrics").text
    figures = dict(line.split(" ") for line in page.splitlines() if line.startswith("hub_seal_"))

    assert float(figures["hub_seal_size_events"]) == 4
    assert float(figures["hub_seal_lag_events"]) == 2
    assert float(figures["hub_seal_lag_seconds"]) > 0
    assert float(figures["hub_seal_witnessed_size_events"]) == 4
    assert 0 <= float(figures["hub_seal_witnessed_age_seconds"]) < 60
    assert float(figures["hub_seal_trouble"]) == 0
