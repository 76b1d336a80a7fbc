"""What the tests of the seal over HTTP share: whose event it is, and checking what it proves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.keys import FileSigner, verify
from adapters.seal.after import Hooks
from adapters.seal.policy import read_policy
from hub.record import leaf_hash, rfc3339
from hub.seal import note as notes
from hub.seal import proof
from hub.seal.note import (
    COSIGNATURE,
    Signature,
    VerifierKey,
    cosignature,
    cosignature_message,
)
from projections import reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi.testclient import TestClient

    from hub.record import Recorded
    from hub.seal.checkpoint import Checkpoint
    from tests.adapters.http.city import City
    from tests.adapters.seal.sealing import Log


def event_at(log: Log, position: int) -> Recorded:
    with psycopg.connect(log.database.app_url) as connection:
        (event,) = reader.at(connection, [position])
    return event


def position_of(city: City, topic: str) -> int:
    with psycopg.connect(city.database.app_url) as connection:
        row = connection.execute(
            "SELECT min(position) FROM record.events WHERE topic = %s", (topic,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def key_of(client: TestClient) -> VerifierKey:
    answer = client.get("/api/v1/seal/key")
    assert answer.status_code == 200, answer.text
    return VerifierKey.parse(answer.text)


def proves(client: TestClient, log: Log, receipt: bytes | str, position: int) -> Checkpoint:
    """Check a receipt as its holder would: with the key and the event, without the hub."""
    read = proof.parse(receipt.encode() if isinstance(receipt, str) else receipt)
    assert read.index == position - 1
    event = event_at(log, position)
    leaf = leaf_hash(event, rfc3339(event.recorded_at))
    return proof.check(read, leaf, key_of(client), verify)


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


def witness_of(name: str, number: int) -> FileSigner:
    return FileSigner(f"{name}.city", COSIGNATURE, bytes([number]) * 32)


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
