"""The page about the log tells everybody whether it is sealed and who has seen it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from adapters.seal import board
from tests.adapters.http.sealed_city import demand, seal_with, witness_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.adapters.seal.sealing import Log


def state_of(page: str) -> str:
    match = re.search(r'class="state (\w+)"', page)
    assert match is not None
    return match[1]


def test_the_page_is_chinese_and_english_when_asked(client: TestClient, log: Log) -> None:
    log.append(3)
    log.seal_all()
    chinese, english = client.get("/log").text, client.get("/log?language=en").text

    assert '<html lang="zh-CN">' in chinese
    assert "存证日志" in chinese
    assert "检查点" in chinese
    assert '<html lang="en">' in english
    assert "Sealed log" in english
    assert "见证" not in english
    assert client.get("/log?language=fr").status_code == 422


def test_the_page_shows_the_checkpoint_and_the_key_for_everybody(
    client: TestClient, log: Log
) -> None:
    log.append(3)
    head = log.seal_all()
    page = client.get("/log").text

    assert head.origin in page
    assert head.root.hex()[:8] in page
    assert client.get("/api/v1/seal/key").text.strip().replace("+", "&#43;") in page.replace(
        "+", "&#43;"
    )
    assert client.get("/log").headers["content-security-policy"].startswith("default-src 'none'")


def test_an_unwitnessed_hour_is_plain_to_see(client: TestClient, log: Log) -> None:
    log.append(3)
    log.seal_all()
    page = client.get("/log?language=en").text

    assert state_of(page) == "alone"
    assert "1 hour was not witnessed." in page
    assert page.count('<span aria-label="not witnessed">!</span>') == 1
    assert "未见证" in client.get("/log").text


def test_a_witnessed_log_says_so_with_its_witnesses(client: TestClient, log: Log) -> None:
    audit, tax = witness_of("audit", 1), witness_of("tax", 2)
    demand(log, [audit, tax])
    log.append(3)
    seal_with(log, [audit, tax])
    page = client.get("/log?language=en").text

    assert state_of(page) == "well"
    assert "Sealed and witnessed up to position 3<" in page
    assert "No hour went unwitnessed." in page
    assert "<td>audit.city</td>" in page
    assert page.count('<span aria-label="witnessed">✓</span>') == 1


def test_the_page_says_up_to_where_the_log_is_witnessed(client: TestClient, log: Log) -> None:
    audit = witness_of("audit", 1)
    demand(log, [audit])
    log.append(3)
    seal_with(log, [audit])
    log.append(2)
    log.seal_all()

    assert "已封存至位置5，已见证至位置3<" in client.get("/log").text
    english = client.get("/log?language=en").text
    assert "Sealed up to position 5, witnessed up to position 3<" in english


def test_a_log_nobody_saw_this_hour_says_so(client: TestClient, log: Log) -> None:
    demand(log, [witness_of("audit", 1)])
    log.append(3)
    log.seal_all()
    page = client.get("/log?language=en").text

    assert state_of(page) == "unseen"
    assert "! not lately" in page


def test_a_seal_that_stands_still_says_why(client: TestClient, log: Log) -> None:
    log.append(3)
    log.seal_all()
    with psycopg.connect(log.database.app_url, autocommit=True) as connection:
        words = "The event at position 2 <is> not the one"
        board.troubled(connection, "sha256", words, 2, "位置2的事件<不>一致")
    page = client.get("/log").text

    assert state_of(page) == "trouble"
    assert "位置2的事件&lt;不&gt;一致" in page
    assert "not the one" not in page
    assert "The event at position 2 &lt;is&gt; not the one" in client.get("/log?language=en").text


def test_a_trouble_that_names_a_file_is_for_the_operator_only(client: TestClient, log: Log) -> None:
    log.append(3)
    log.seal_all()
    log.guard_file.unlink()

    assert str(log.guard_file) in log.trouble()
    for page in (
        client.get("/log").text,
        client.get("/log?language=en").text,
        client.get("/api/v1/seal/checkpoint").text,
    ):
        assert "hub seal status" in page
        assert str(log.settings.home) not in page


def test_before_the_first_event_the_page_is_there(client: TestClient) -> None:
    page = client.get("/log").text

    assert state_of(page) == "empty"
    assert "尚无检查点" in page


def test_a_stamped_day_links_to_its_stamp(client: TestClient, log: Log) -> None:
    log.append(1)
    log.seal_all()
    day = client.get("/log").text
    found = re.findall(r'<th scope="row" class="n">([0-9-]{10})</th>', day)
    assert len(found) in {7, 8}
    folder = log.settings.log_dir / "daily"
    folder.mkdir()
    (folder / f"{found[0]}.tsr").write_bytes(b"stamp")

    assert f'href="/log/daily/{found[0]}.tsr"' in client.get("/log").text


def test_a_damaged_checkpoint_is_said_and_no_mistake_of_ours(client: TestClient, log: Log) -> None:
    log.append(1)
    log.seal_all()
    (log.settings.log_dir / "checkpoint").write_bytes(b"rubbish")

    assert state_of(client.get("/log").text) == "trouble"
    assert client.get("/api/v1/seal/checkpoint").status_code == 404
    assert "hub_seal_trouble 1.0" in client.get("/metrics").text
