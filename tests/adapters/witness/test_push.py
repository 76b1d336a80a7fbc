"""The witness on the wire: statuses, media types, limits, and callers with bad manners."""

from __future__ import annotations

import base64
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2

from adapters.keys import verify
from adapters.witness import push
from adapters.witness.push import PushServer
from adapters.witness.running import standing
from hub.seal import note as notes
from hub.seal.note import Note
from tests.adapters.witness.toylog import ORIGIN, WITNESS_KEY, ToyLog, witness_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from adapters.witness.witness import Asked

TRUE, LIE = ToyLog(300), ToyLog(300, changed_at=42)


def body_of(asked: Asked) -> bytes:
    lines = [f"old {asked.old}", *(base64.b64encode(each).decode() for each in asked.proof)]
    return ("\n".join(lines) + "\n\n").encode() + asked.note


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    witness, alarms = witness_at(folder), list[str]()
    server = PushServer(("127.0.0.1", 0), witness, lambda: standing(folder, witness), alarms.append)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield server.url, alarms
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str, asked: Asked) -> httpx2.Response:
    return httpx2.post(f"{url}/add-checkpoint", content=body_of(asked))


def test_a_log_gets_its_cosignature_over_http(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, _):
        answer = ask(url, TRUE.asks(0, 100))

    signature = notes.parse_signature(answer.text.removesuffix("\n"))
    text = notes.parse(TRUE.note(100)).text
    assert answer.status_code == 200
    assert notes.signed_by(Note(text, (signature,)), WITNESS_KEY.key, verify)


def test_a_log_that_is_wrong_about_the_size_learns_the_right_one(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, _):
        ask(url, TRUE.asks(0, 100))
        answer = ask(url, TRUE.asks(0, 200))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "text/x.tlog.size"
    assert answer.text == "100\n"


def test_each_refusal_has_the_status_of_the_specification(tmp_path: Path) -> None:
    known = TRUE.asks(100, 200)
    unknown = known._replace(note=known.note.replace(ORIGIN.encode(), b"other"))
    unsigned = known._replace(note=known.note.replace(b"\n200\n", b"\n201\n"))
    with serving(tmp_path) as (url, _):
        ask(url, TRUE.asks(0, 100))
        statuses = [
            ask(url, asked).status_code
            for asked in (
                unknown,
                unsigned,
                known._replace(old=201),
                known._replace(proof=()),
                known._replace(note=b"nothing\n\n"),
            )
        ]

    assert statuses == [404, 403, 400, 422, 400]


def test_a_fork_is_refused_alarmed_and_shown(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, alarms):
        ask(url, TRUE.asks(0, 100))
        answer = ask(url, LIE.asks(100, 200))
        after = ask(url, TRUE.asks(100, 200))
        shown = httpx2.get(f"{url}/").json()

    assert (answer.status_code, after.status_code) == (422, 403)
    assert "text/plain" in answer.headers["content-type"]
    assert len(alarms) == 2
    assert "evidence" in alarms[0]
    assert [log["forked"] for log in shown["logs"]] == [True]
    assert shown["forks"][0]["size"] == 200


def test_a_body_too_large_or_without_length_is_not_read(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, _):
        large = httpx2.post(f"{url}/add-checkpoint", content=b"x" * 70_000)
        chunked = httpx2.post(f"{url}/add-checkpoint", content=iter([b"old 0\n\n"]))
        elsewhere = httpx2.post(f"{url}/elsewhere", content=b"")
        unknown = httpx2.get(f"{url}/etc/passwd")
        good = ask(url, TRUE.asks(0, 100))

    answers = [each.status_code for each in (large, chunked, elsewhere, unknown, good)]
    assert answers == [413, 411, 404, 404, 200]


def test_whoever_drips_is_hung_up_on_and_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "REQUEST_SECONDS_MAX", 0.2)
    with serving(tmp_path) as (url, _):
        address = httpx2.URL(url)
        with socket.create_connection((address.host, address.port or 0), timeout=10) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold")
            served = ask(url, TRUE.asks(0, 100)).status_code
            end = slow.recv(1000)
            while end and not end.startswith(b"HTTP/1.1 400"):
                end = slow.recv(1000)

    assert served == 200
    assert b"200 OK" not in end


def test_more_callers_than_places_are_turned_away_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "CALLERS_MAX", 2)
    with serving(tmp_path) as (url, _):
        address = httpx2.URL(url)
        place = (address.host, address.port or 0)
        with socket.create_connection(place) as one, socket.create_connection(place) as two:
            for each in (one, two):
                each.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert each.recv(10).startswith(b"HTTP/1.1 2")
            with socket.create_connection(place, timeout=10) as third:
                turned_away = third.recv(10)

    assert turned_away == b""


def test_a_disk_that_fails_is_said_in_words_not_in_a_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(tmp_path) as (url, alarms):
        ask(url, TRUE.asks(0, 100))
        for path in tmp_path.glob("witness.sqlite*"):
            path.unlink()
        (tmp_path / "witness.sqlite").write_bytes(b"not a database, but long enough to look" * 9)
        answer = ask(url, TRUE.asks(100, 200))
        shown = httpx2.get(f"{url}/")

    assert (answer.status_code, shown.status_code) == (503, 503)
    assert "disk" in alarms[0]
    assert capfd.readouterr().err == ""


def test_the_standing_is_json_without_secrets(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, _):
        ask(url, TRUE.asks(0, 100))
        page = httpx2.get(f"{url}/").text

    assert json.loads(page)["key"] == WITNESS_KEY.key.text
    assert str(tmp_path) not in page
