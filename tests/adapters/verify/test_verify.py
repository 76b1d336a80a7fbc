"""What counts as a checkpoint, what a report says, and that more processes find the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from adapters.keys import FileSigner
from adapters.seal.guard import LAST
from adapters.verify import questions
from adapters.verify.finding import Kind, Report
from adapters.verify.run import Asked, verify
from adapters.verify.source import snapshot_of
from adapters.witness.memory import Memory
from adapters.witness.running import standing
from adapters.witness.witness import Asked as AskedOfWitness
from adapters.witness.witness import Witness
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE
from projections.connect import connect
from tests.adapters.record.writes import event, stream
from tests.adapters.seal.sealing import Log
from tests.projections import kit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database

HEAD = 600


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    log = Log(database, tmp_path)
    log.append(HEAD)
    log.seal_all()
    return log


def asked(log: Log, **more: Any) -> Asked:
    settings = log.settings
    key = log.track.open_signer().key
    one = Asked(log.database.app_url, settings.log_dir, settings.guard_dir, key)
    return one._replace(**more)


def report(log: Log, **more: Any) -> Report:
    return verify(asked(log, **more), processes=0)


def kinds(found: Report) -> list[tuple[Kind, int | None]]:
    return [(one.kind, one.position) for one in found.wrong]


def test_two_processes_find_what_one_finds(log: Log) -> None:
    log.superuser(
        "UPDATE record.events SET version = 7 WHERE position IN (3, 300, 599)",
        "DELETE FROM record.events WHERE position BETWEEN 255 AND 258",
    )
    seen: list[tuple[int, int]] = []

    alone = report(log)
    together = verify(asked(log), processes=2, progress=lambda *one: seen.append(one))

    assert kinds(together) == kinds(alone)
    assert (together.wrong_positions, alone.wrong_positions) == (7, 7)
    assert (together.events, together.position) == (HEAD - 4, HEAD)
    missing = [(one.position, one.until) for one in alone.wrong if one.kind == Kind.MISSING]
    assert missing == [(255, 256), (257, 258)]
    assert alone.first_wrong is not None
    assert alone.first_wrong.topic == "sharing.request.submitted"
    assert seen == [(256, 600), (512, 600), (600, 600)]


def test_what_is_not_sealed_yet_is_checked_against_its_own_leaf(log: Log) -> None:
    log.append(10)

    assert report(log).wrong == []
    assert (report(log).position, report(log).sealed) == (HEAD + 10, HEAD)
    log.superuser(f"UPDATE record.events SET topic = 'a.b.c' WHERE position = {HEAD + 5}")
    [row] = report(log).wrong
    assert (row.kind, row.position, row.topic) == (Kind.ROW, HEAD + 5, "a.b.c")
    assert "not sealed yet" in row.proves


def test_where_nothing_is_sealed_nothing_is_all_right(database: Database, tmp_path: Path) -> None:
    log = Log(database, tmp_path)
    assert verify(Asked(database.app_url, tmp_path, tmp_path, None)).wrong == []
    log.append(3)

    [nothing] = verify(Asked(database.app_url, tmp_path, tmp_path, None)).wrong

    assert (nothing.kind, nothing.position, nothing.until) == (Kind.UNSEALED, 1, 3)


def test_without_a_key_no_checkpoint_counts(log: Log) -> None:
    found = report(log, key=None)

    assert Kind.SIGNATURE in {one.kind for one in found.wrong}
    assert "give --key" in " ".join(one.sentence for one in found.wrong)


def test_what_was_brought_along_must_be_a_checkpoint_of_this_log(log: Log) -> None:
    ours = log.files.checkpoint() or b""
    other = ours.replace(log.track.open_signer().key.name.encode(), b"another/log")
    found = report(
        log, checkpoints=(("ours", ours), ("other", other), ("letter", b"Dear Sir or Madam"))
    )

    assert found.checkpoints["ours"] == 1
    assert sorted(one.sentence.split(" in ")[1].split(" ")[0] for one in found.wrong) == [
        "letter",
        "other",
    ]


def test_a_witness_answers_with_a_note_or_with_its_standing(log: Log) -> None:
    note = log.files.checkpoint() or b""
    standing = {"logs": [{"checkpoint": "x\n"}, {"checkpoint": note.decode()}, {"size": 0}]}
    answers = (
        ("http://a", note),
        ("http://b", json.dumps(standing).encode()),
        ("http://c", b'{"logs": []}'),
    )
    found = report(log, witnesses=answers)

    assert (found.checkpoints["http://a"], found.checkpoints["http://b"]) == (1, 1)
    [nothing] = found.wrong
    assert nothing.sentence == "the checkpoint in http://c holds no checkpoint of this log"


def test_the_standing_of_a_witness_holds_what_it_cosigned(log: Log, tmp_path: Path) -> None:
    key = log.track.open_signer().key
    signer = FileSigner.create(tmp_path / "witness.key", "audit-office", COSIGNATURE)
    witness = Witness(Memory(tmp_path / "witness"), signer, [key])
    witness.add_checkpoint(AskedOfWitness(0, (), log.files.checkpoint() or b""))
    body = json.dumps(standing(tmp_path, witness)).encode()

    assert report(log, witnesses=(("http://audit", body),)).checkpoints["http://audit"] == 1


def test_a_guard_that_is_no_checkpoint_is_said(log: Log) -> None:
    log.guard_file.write_text("all is well\n", encoding="utf-8")

    assert kinds(report(log)) == [(Kind.SIGNATURE, None)]
    head = Checkpoint("another/log", HEAD, bytes(32))
    (log.settings.guard_dir / LAST).write_text(head.text, encoding="utf-8")
    assert kinds(report(log)) == [(Kind.SIGNATURE, HEAD)]


def test_daily_checkpoints_are_checked_too(log: Log) -> None:
    daily = log.settings.log_dir / "daily"
    daily.mkdir()
    (daily / "2026-11-22.checkpoint").write_bytes(log.files.checkpoint() or b"")
    assert report(log).checkpoints["daily/2026-11-22.checkpoint"] == 1
    (daily / "2026-11-22.checkpoint").write_bytes(b"?")

    [wrong] = report(log).wrong

    assert wrong.sentence.startswith("the checkpoint in daily/2026-11-22.checkpoint is not a")


def test_events_behind_the_head_and_a_head_that_is_gone_are_said(log: Log) -> None:
    log.superuser(f"UPDATE record.log_head SET position = {HEAD - 2}")
    first = report(log).first_wrong
    assert first is not None
    assert (first.kind, first.position, first.until) == (Kind.HEAD, HEAD - 1, HEAD)
    log.superuser("DELETE FROM record.log_head")
    assert (Kind.HEAD, HEAD) in kinds(report(log))


def test_streams_may_begin_in_an_archive_but_nowhere_else(log: Log) -> None:
    with connect(log.database.app_url) as connection:
        old = stream()
        kit.store(connection, [event(old, 1), event(old, 2), event(old, 3), event(stream(), 1)])
    log.superuser(f"DELETE FROM record.events WHERE position <= {HEAD + 2}")
    with snapshot_of(log.database.app_url) as connection:
        assert questions.streams(connection, whole=False) == []
        assert len(questions.streams(connection, whole=True)) == 5
