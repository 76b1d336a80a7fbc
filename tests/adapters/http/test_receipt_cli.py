"""`hub proof` and `hub receipt` as an operator and a department meet them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hub.record import log_entry, rfc3339
from hub.seal import merkle
from tests.adapters.http.sealed_city import demand, event_at, position_of, seal_with, witness_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.http.city import City
    from tests.adapters.seal.sealing import Log


def hub(settings: dict[str, str], *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        env=env | {"HUB_NATS_URL": "nats://127.0.0.1:1"} | settings,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def at(log: Log) -> dict[str, str]:
    return {"HUB_HOME": str(log.settings.home), "HUB_DATABASE_URL": log.database.app_url}


def test_proofs_are_printed_for_people_and_programs(log: Log) -> None:
    log.append(9)
    head = log.seal_all()
    found = json.loads(hub(at(log), "proof", "inclusion", "4", "--size", "7", "--json").stdout)
    leaf, root = bytes.fromhex(found["leaf"]), bytes.fromhex(found["root"])
    merkle.check_inclusion(leaf, 3, 7, [bytes.fromhex(each) for each in found["hashes"]], root)

    words = hub(at(log), "proof", "consistency", "7").stdout
    assert "the log of 9 events begins with the log of 7" in words
    assert f"old root  {found['root']}" in words
    assert f"new root  {head.root.hex()}" in words


def test_what_cannot_be_proven_is_a_sentence_and_code_1(log: Log) -> None:
    log.append(3)
    log.seal_all()
    assert "position 9 is not sealed" in hub(at(log), "proof", "inclusion", "9", code=1).stderr
    assert "smaller one" in hub(at(log), "proof", "consistency", "3", "2", code=1).stderr
    assert hub(at(log), "proof", "inclusion", "0", code=2).stderr
    assert "there is no 9" in hub(at(log), "receipt", "get", "9", "-o", "x", code=1).stderr


@pytest.fixture
def carried(city: City, log: Log, tmp_path: Path) -> Path:
    """A folder as a department carries it away: receipt, event, key; made by the API."""
    position = position_of(city, "departments.organization.officer_appointed")
    log.seal_all()
    folder = tmp_path / "carried"
    folder.mkdir()
    receipt = city.get(f"seal/receipts/{position}", "authority.head")
    event = city.get(f"supervision/events/{position}", "authority.head")
    entry = event_at(log, position)
    (folder / "event.tlog-proof").write_bytes(receipt.content)
    (folder / "event.json").write_bytes(event.content)
    (folder / "entry.json").write_bytes(log_entry(entry, rfc3339(entry.recorded_at)) + b"\n")
    (folder / "log.vkey").write_text(city.client.get("/api/v1/seal/key").text)
    return folder


def check(folder: Path, *more: str, code: int = 0) -> str:
    """Check the receipt where there is no hub: no home, no database."""
    words = [
        *("receipt", "check", str(folder / "event.tlog-proof"), "--event"),
        *(str(folder / "event.json"), "--key", str(folder / "log.vkey"), *more),
    ]
    nowhere = {"HUB_HOME": str(folder / "none"), "HUB_DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    return hub(nowhere, *words, code=code).stdout


def test_a_receipt_is_checked_where_there_is_no_hub(carried: Path) -> None:
    assert "holds: the event stands at position" in check(carried)
    assert json.loads(check(carried, "--json"))["holds"] is True
    (carried / "event.json").write_bytes((carried / "entry.json").read_bytes())
    assert "holds: the event stands at position" in check(carried)
    assert not (carried / "none").exists()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("event.json", "department_head", "cataloguer"),
        ("event.json", '"schema_version":1', '"schema_version":2'),
        ("event.tlog-proof", "index ", "index 1"),
        ("event.tlog-proof", "shuqiao/", "shuqia0/"),
    ],
)
def test_one_character_changed_is_found(carried: Path, name: str, old: str, new: str) -> None:
    whole = (carried / name).read_text()
    assert old in whole
    (carried / name).write_text(whole.replace(old, new))

    assert "does not hold: " in check(carried, code=1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"state":', '"state":{"expects":"never"},"state":', "a name stands twice"),
        ('"at":', '"at":"2026-01-01T00:00:00Z","at":', "a name stands twice"),
        ('"position":', '"position":1', "the event says position 1"),
        ('"leaf":"', '"leaf":"0', "the event says leaf 0"),
        ('{"position"', '{"verdict":"agreed","position"', "“verdict” beside the event"),
    ],
)
def test_an_event_that_says_more_than_is_proven_does_not_pass(
    carried: Path, old: str, new: str, said: str
) -> None:
    whole = (carried / "event.json").read_text()
    assert old in whole
    (carried / "event.json").write_text(whole.replace(old, new, 1))

    answer = check(carried, code=1)
    assert "does not hold: " in answer
    assert said in answer


def test_what_is_no_event_or_key_is_wrong_use(carried: Path) -> None:
    (carried / "event.json").write_text("{}")
    check(carried, code=2)
    (carried / "event.json").write_text("[" * 100_000)
    check(carried, code=2)
    check(carried, "--key", "x" * 5_000, code=2)
    (carried / "policy").write_bytes(b"\xff")
    (carried / "log.vkey").write_text("rubbish")
    (carried / "event.json").write_bytes((carried / "entry.json").read_bytes())
    check(carried, code=2)


def test_the_operator_takes_and_checks_a_receipt_beside_the_record(
    log: Log, tmp_path: Path
) -> None:
    audit, tax = witness_of("audit", 1), witness_of("tax", 2)
    demand(log, [audit])
    log.append(5)
    seal_with(log, [audit])
    file = tmp_path / "out" / "3.tlog-proof"
    taken = json.loads(hub(at(log), "receipt", "get", "3", "-o", str(file), "--json").stdout)
    assert (taken["file"], taken["position"]) == (str(file), 3)
    assert taken["bytes"] == file.stat().st_size

    policy = str(log.settings.witness_policy)
    checked = ["receipt", "check", str(file), "--policy", policy]
    words = hub(at(log), *checked).stdout
    assert "holds: the event stands at position 3" in words
    assert "cosigned by audit.city at " in words
    demand(log, [audit, tax])
    assert "lacks the cosignatures" in hub(at(log), *checked, code=1).stdout
