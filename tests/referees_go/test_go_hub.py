"""Go judges a running hub: what the sealer signed and the API answers, over real HTTP."""

from __future__ import annotations

import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import uvicorn
from fastapi.testclient import TestClient

from adapters.http.app import create_app
from hub.seal import note as notes
from hub.seal.note import VerifierKey
from tests.adapters.http.city import TAX, found_city
from tests.adapters.http.sealed_city import demand, seal_with, witness_of
from tests.adapters.seal.sealing import Log
from tests.referees_go.program import ask
from tests.referees_go.test_openssl import openssl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database


@contextmanager
def served(log: Log) -> Iterator[str]:
    """Serve the API of this log on a port of its own; give its address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(log.settings), port=0, log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database, tmp_path)


def get(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        body: bytes = answer.read()
    return body


def steps(words: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in words]


def entries_in(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def test_go_finds_a_served_log_true_to_the_last_hash(
    referee: Path, log: Log, tmp_path: Path
) -> None:
    audit = witness_of("audit", 1)
    demand(log, [audit])
    older = []
    for events in (1, 254, 2, 343):
        log.append(events)
        seal_with(log, [audit])
        older.append(log.files.checkpoint())
    with served(log) as hub:
        signed, key = get(f"{hub}/log/checkpoint"), get(f"{hub}/api/v1/seal/key").decode().strip()
        asked = f"{hub}/api/v1/seal"
        inclusions = [
            {**_answer(f"{asked}/inclusion?position={position}"), "kind": "inclusion"}
            for position in (1, 2, 256, 257, 513, 600)
        ]
        between = [
            {**_answer(f"{asked}/consistency?old={size}"), "kind": "consistency", "old": before}
            for before, size in zip(older, (1, 255, 257, 600), strict=True)
        ]
        tiles = {"kind": "tiles", "leaves": log.leaves(), "sizes": list(range(1, 601))}
        checks = [{"kind": "checkpoint"}, *inclusions, *between, tiles]
        found = ask(referee, key, [{**each, "note": signed} for each in checks], f"{hub}/log")

    assert [each.reason for each in found if not each.ok] == []
    assert (found[0].size, found[-1].checks) == (600, 1_200)
    assert b"audit.city" in signed
    answer = openssl(tmp_path, VerifierKey.parse(key), notes.parse(signed))
    assert answer.returncode == 0, answer.stderr


def test_go_accepts_the_receipts_of_what_departments_did(
    referee: Path, log: Log, database: Database
) -> None:
    with TestClient(create_app(log.settings)) as client, log.sealer():
        city = found_city(client, database)
        body = {"org_id": TAX, "person_id": "tax.clerk", "role": "cataloguer"}
        done = city.send("departments/appoint-officer?wait=sealed", body, "tax.head").json()
        size = log.sealed(done["position"]).size
        key = client.get("/api/v1/seal/key").text.strip()
        bundle = client.get(
            f"/log/tile/entries/000.p/{size}", headers=city.as_("authority.head")
        ).content
        receipts = [
            city.get(f"seal/receipts/{position}", "authority.head").content
            for position in range(1, size + 1)
        ]
    entries = entries_in(bundle)
    checks = [
        {"kind": "receipt", "receipt": receipt, "entry": entry}
        for receipt, entry in zip(receipts, entries, strict=True)
    ]
    waited = {"kind": "receipt", "receipt": done["receipt"][0].encode(), "entry": entries[-1]}
    found = ask(referee, key, [*checks, waited])
    assert [each.reason for each in found if not each.ok] == []

    # The receipt of one event proves no other, and a changed character of the entry is found.
    swapped = [{**checks[0], "entry": entries[1]}, {**waited, "entry": entries[-1] + b" "}]
    assert [each.ok for each in ask(referee, key, swapped)] == [False, False]


def _answer(address: str) -> dict[str, Any]:
    """Return what an API's proof says, as the referee takes it."""
    shown = orjson.loads(get(address))
    found: dict[str, Any] = {"proof": steps(shown["hashes"])}
    if "leaf" in shown:
        found |= {"index": shown["index"], "leaf": bytes.fromhex(shown["leaf"])}
    return found
