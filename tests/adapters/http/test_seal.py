"""Proofs and receipts over HTTP: they hold, for whom they are meant, or say why there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from adapters.keys import FileSigner, verify
from adapters.seal.after import Hooks
from adapters.seal.policy import is_witnessed, read_policy
from hub.actor import Role
from hub.seal import merkle, proof
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError
from hub.seal.note import COSIGNATURE, Note, Signature, cosignature, cosignature_message
from tests.adapters.http.city import CIVIL, TAX, City
from tests.adapters.http.sealed_city import event_at, key_of, position_of, problem, proves

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def hashes(words: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in words]


def test_the_head_of_the_log_says_what_is_signed_and_how_far_the_record_is_ahead(
    client: TestClient, log: Log
) -> None:
    log.append(5)
    head = log.seal_all()
    log.append(3)
    shown = client.get("/api/v1/seal/checkpoint").json()

    assert Checkpoint.parse(notes.parse(shown["note"].encode()).text) == head
    assert (shown["origin"], shown["size"], shown["root"]) == (head.origin, 5, head.root.hex())
    assert (shown["position"], shown["lag_events"]) == (8, 3)
    assert 0 < shown["lag_seconds"] < 60
    assert datetime.fromisoformat(shown["signed_at"]) <= datetime.now(UTC)
    assert (shown["demands_witnesses"], shown["witnessed"], shown["witnesses"]) == (
        False,
        False,
        [],
    )


def test_every_position_can_be_proven_in_the_log_of_every_size(
    client: TestClient, log: Log
) -> None:
    log.append(9)
    head = log.seal_all()
    for size in range(1, head.size + 1):
        for position in range(1, size + 1):
            where = f"/api/v1/seal/inclusion?position={position}&size={size}"
            shown = client.get(where).json()
            assert (shown["position"], shown["index"], shown["size"]) == (
                position,
                position - 1,
                size,
            )
            leaf, root = bytes.fromhex(shown["leaf"]), bytes.fromhex(shown["root"])
            assert leaf == log.leaves()[position - 1]
            merkle.check_inclusion(leaf, position - 1, size, hashes(shown["hashes"]), root)
    latest = client.get("/api/v1/seal/inclusion?position=4").json()
    assert (latest["size"], latest["root"]) == (head.size, head.root.hex())


def test_every_older_log_is_the_beginning_of_the_newer(client: TestClient, log: Log) -> None:
    log.append(9)
    head = log.seal_all()
    for old in range(10):
        shown = client.get(f"/api/v1/seal/consistency?old={old}").json()
        roots = bytes.fromhex(shown["old_root"]), bytes.fromhex(shown["new_root"])
        assert roots[1] == head.root
        merkle.check_consistency(old, roots[0], 9, roots[1], hashes(shown["hashes"]))


@pytest.mark.parametrize(
    ("question", "status", "words"),
    [
        ("inclusion?position=0", 422, "field is wrong"),
        ("inclusion?position=-1", 422, "field is wrong"),
        ("inclusion?position=x", 422, "field is wrong"),
        ("inclusion", 422, "field is wrong"),
        ("inclusion?position=6", 409, "position 6 is not sealed: the log ends at 5"),
        ("inclusion?position=2&size=9", 409, "position 9 is not sealed: the log ends at 5"),
        ("inclusion?position=4&size=3", 422, "a log of 3 events has no position 4"),
        ("inclusion?position=1&siez=3", 400, "no parameter “siez”"),
        ("consistency?old=4&new=3", 422, "the older size is the smaller one"),
        ("consistency?old=6", 409, "position 6 is not sealed"),
        ("consistency?old=1&new=6", 409, "not sealed"),
        ("consistency?old=-1", 422, "field is wrong"),
        ("consistency?old=99999999999999999999", 422, "field is wrong"),
    ],
)
def test_what_cannot_be_proven_is_refused_with_what_to_do(
    client: TestClient, log: Log, question: str, status: int, words: str
) -> None:
    log.append(5)
    log.seal_all()
    refused = problem(client.get(f"/api/v1/seal/{question}"), status)

    assert words in refused["details"]["en"]
    assert refused["details"]["zh"]


def test_nothing_can_be_proven_before_the_first_checkpoint(client: TestClient, log: Log) -> None:
    log.append(1)
    for question in ("checkpoint", "inclusion?position=1", "consistency?old=1"):
        refused = problem(client.get(f"/api/v1/seal/{question}"), 404)
        assert "nothing is sealed yet" in refused["details"]["en"]


def test_damaged_files_are_said_to_be_damaged_and_prove_nothing(
    client: TestClient, log: Log
) -> None:
    log.append(300)
    log.seal_all()
    (log.settings.log_dir / "tile/0/000").write_bytes(b"short")
    refused = problem(client.get("/api/v1/seal/inclusion?position=3"), 409)
    assert "hub verify" in refused["details"]["en"]
    (log.settings.log_dir / "tile/0/000").unlink()
    refused = problem(client.get("/api/v1/seal/inclusion?position=3"), 409)
    assert str(log.settings.home) not in refused["details"]["en"]


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


def test_a_command_with_nothing_to_record_waits_for_nothing(city: City, log: Log) -> None:
    del log
    body = {"org_id": TAX, "person_id": "tax.head", "role": "department_head"}
    answer = city.send("departments/appoint-officer?wait=sealed", body, "authority.head")
    assert answer.status_code in {200, 409}, answer.text
    if answer.status_code == 200:
        assert (answer.json()["sealed"], answer.json()["receipt"]) == (True, [])


def witness_of(log: Log, name: str, number: int) -> FileSigner:
    return FileSigner(f"{name}.city", COSIGNATURE, bytes([number]) * 32)


def cosign(log: Log, witnesses: Sequence[FileSigner]) -> Sequence[Signature]:
    note = notes.parse(log.files.checkpoint() or b"")
    at = int(datetime.now(UTC).timestamp())
    message = cosignature_message(note.text, at)
    return [cosignature(each.key, at, each.sign(message)) for each in witnesses]


def seal_with(log: Log, witnesses: Sequence[FileSigner]) -> None:
    """Seal everything; the checkpoint is cosigned by these witnesses before it is published."""

    class Cosigning(Hooks):
        def __init__(self) -> None:
            pass

        def ask(self, note: bytes, seconds_max: float = 1.0) -> list[Signature]:
            del seconds_max
            text = notes.parse(note).text
            at = int(datetime.now(UTC).timestamp())
            message = cosignature_message(text, at)
            return [cosignature(each.key, at, each.sign(message)) for each in witnesses]

        def late(self) -> list[tuple[bytes, list[Signature]]]:
            return []

    more: dict[str, Any] = {
        "hooks": Cosigning(),
        "policy": read_policy(log.settings.witness_policy),
    }
    with log.sealer(**more):
        log.sealed(len(log.leaves()))


def demand(log: Log, witnesses: Sequence[FileSigner]) -> None:
    lines = [f"witness {each.key.name} {each.key.text}" for each in witnesses]
    names = " ".join(each.key.name for each in witnesses)
    text = "\n".join([*lines, f"group all-of-them all {names}", "quorum all-of-them", ""])
    log.settings.witness_policy.write_text(text)


def test_the_head_says_who_witnessed_it_and_when(client: TestClient, log: Log) -> None:
    audit, tax = witness_of(log, "audit", 1), witness_of(log, "tax", 2)
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
    audit, tax = witness_of(log, "audit", 1), witness_of(log, "tax", 2)
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
    audit = witness_of(log, "audit", 1)
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
    audit = witness_of(log, "audit", 1)
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
    audit = witness_of(log, "audit", 1)
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
