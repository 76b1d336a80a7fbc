"""Proofs over HTTP hold, or it is said why there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from tests.adapters.http.sealed_city import (
    problem,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi.testclient import TestClient

    from tests.adapters.seal.sealing import Log


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
