"""The log is served as C2SP static files; what is no file of it is a problem document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.keys import verify
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.tiles import Tiles
from tests.adapters.http.sealed_city import key_of, problem
from tests.adapters.seal.sealing import check_tiles

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.adapters.http.city import City
    from tests.adapters.seal.sealing import Log


def test_everybody_reads_the_signed_checkpoint_fresh(client: TestClient, log: Log) -> None:
    log.append(5)
    log.seal_all()
    answer = client.get("/log/checkpoint")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=1"
    signed = notes.parse(answer.content)
    assert notes.signed_by(signed, key_of(client), verify)
    assert Checkpoint.parse(signed.text).size == 5


def test_before_the_first_event_there_is_no_checkpoint(client: TestClient) -> None:
    assert "first event" in problem(client.get("/log/checkpoint"), 404)["details"]["en"]
    assert problem(client.get("/log/tile/0/000.p/1"), 404)["code"] == "not_found"
    assert problem(client.get("/api/v1/seal/key"), 404)["code"] == "not_found"


def test_the_tiles_give_back_the_whole_tree(client: TestClient, log: Log) -> None:
    log.append(600)
    head = log.seal_all()

    def fetch(address: str) -> bytes:
        answer = client.get(f"/log/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        return answer.content

    tiles = Tiles(fetch, head.size)
    assert merkle.root(head.size, tiles) == head.root
    check_tiles(tiles, log.leaves())


def test_a_part_of_a_tile_can_be_had_when_the_whole_is_there(client: TestClient, log: Log) -> None:
    log.append(300)
    log.seal_all()
    whole = client.get("/log/tile/0/000").content

    assert len(whole) == 8_192
    assert client.get("/log/tile/0/000.p/7").content == whole[: 7 * 32]


@pytest.mark.parametrize(
    "address",
    [
        *("tile/0/001.p/99", "tile/0/002", "tile/1/000", "tile/64/000", "tile/00/000", "tile/0/0"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x000/000", "tile/data/000", "tile/0/"),
        *("tile/0/..%2f..%2fcheckpoint", "tile/..%2fcheckpoint", "tile/%2e%2e/%2e%2e/guard"),
        *(
            "tile/0/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecrets%2flog.key",
            "tile//etc/passwd",
            "tile/0/000%00",
        ),
        *(
            "daily/2026-11-22.tsr",
            "daily/..%2fcheckpoint",
            "daily/key",
            "sm3/checkpoint",
            "nothing",
        ),
        *("sm3/tile/0/000", "sm3/tile/..%2f..%2fcheckpoint", "secrets/log.key", "key"),
    ],
)
def test_what_is_no_file_of_the_log_is_not_found(
    client: TestClient, log: Log, address: str
) -> None:
    log.append(300)
    log.seal_all()

    assert problem(client.get(f"/log/{address}"), 404)["code"] == "not_found"


def test_entries_hash_to_the_leaves_of_the_tree(city: City, log: Log) -> None:
    head = log.seal_all()
    answer = city.client.get(
        f"/log/tile/entries/000.p/{head.size}", headers=city.as_("authority.head")
    )

    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    body, hashes = answer.content, []
    while body:
        length = int.from_bytes(body[:2], "big")
        hashes.append(merkle.leaf(body[2 : 2 + length]))
        body = body[2 + length :]
    assert hashes == log.leaves()[: head.size]


def test_entries_are_for_whoever_may_read_all_of_them(city: City, log: Log) -> None:
    head = log.seal_all()
    address = f"/log/tile/entries/000.p/{head.size}"

    assert problem(city.client.get(address), 401)["code"] == "unauthenticated"
    refused = problem(city.client.get(address, headers=city.as_("tax.head")), 403)
    assert "may not read" in refused["details"]["en"]


def test_entries_that_are_not_sealed_are_not_given(city: City, log: Log) -> None:
    head = log.seal_all()
    reader = city.as_("authority.head")
    for address in (f"000.p/{head.size + 1}", "000", "001.p/1", "../000", "000.p/0"):
        assert problem(city.client.get(f"/log/tile/entries/{address}", headers=reader), 404)


def test_a_stamped_day_is_served_with_its_stamp(client: TestClient, log: Log) -> None:
    folder = log.settings.log_dir / "daily"
    folder.mkdir(parents=True)
    (folder / "2026-11-22.tsr").write_bytes(b"stamp")
    (folder / "2026-11-22.checkpoint").write_text("note\n")

    stamp = client.get("/log/daily/2026-11-22.tsr")
    assert (stamp.content, stamp.headers["content-type"]) == (
        b"stamp",
        "application/timestamp-reply",
    )
    assert client.get("/log/daily/2026-11-22.checkpoint").text == "note\n"
