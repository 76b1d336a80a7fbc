"""After the restore of an old backup nothing is signed until the tail is back, or a log begins."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from adapters.keys import BadKey, FileSigner
from adapters.seal import restart as restarting
from adapters.seal.restart import Restarted
from adapters.seal.trouble import SealerAtWork
from hub.codec import decode
from hub.errors import Conflict
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.supervision.events import LogOriginStarted
from tests.adapters.seal.sealing import Log

REASON = "the backup of 3 March is all that is left"
CUT = (
    "DELETE FROM record.events WHERE position > 20",
    "DELETE FROM record.commands WHERE first > 20",
    "UPDATE record.log_head SET position = 20",
)


@pytest.fixture
def restored(log: Log) -> Log:
    """A record of 20 events under a log that signed 30."""
    log.append(20)
    log.seal_all()
    log.append(10)
    log.seal_all()
    log.superuser(
        "CREATE TABLE public.tail AS SELECT * FROM record.events WHERE position > 20", *CUT
    )
    return log


def restart(log: Log, origin: str = "city/2") -> Restarted:
    return asyncio.run(
        restarting.restart(log.database.app_url, log.settings, log.track, origin, REASON)
    )


def test_a_shorter_record_than_the_signed_one_stops_the_sealer(restored: Log) -> None:
    words = restored.trouble()

    assert "ends at position 20, but 30 events are sealed and signed" in words
    assert "positions 21 to 30 are missing" in words
    assert "hub seal restart" in words
    assert restored.files.latest()[0].size == 30


def test_a_restored_record_that_went_on_is_not_signed_either(restored: Log) -> None:
    restored.append(15)

    assert "From position 21 on the record holds other events" in restored.trouble()
    assert restored.files.latest()[0].size == 30


def test_with_the_missing_tail_back_the_log_goes_on(restored: Log) -> None:
    restored.trouble()

    restored.superuser(
        "INSERT INTO record.events SELECT * FROM public.tail",
        "UPDATE record.log_head SET position = 30",
    )
    restored.append(1)

    assert restored.seal_all().size == 31
    assert restored.check().size == 31


def test_a_new_log_begins_over_the_whole_record_and_the_record_says_so(restored: Log) -> None:
    old = Checkpoint.parse(notes.parse(restored.files.checkpoint() or b"").text)
    restored.append(15)

    done = restart(restored)

    head = restored.seal_all()
    assert (head.origin, head.size, done.position) == ("city/2", 36, 36)
    assert restored.check() == head
    with psycopg.connect(restored.database.app_url) as connection:
        row = connection.execute(
            "SELECT topic, schema_version, state FROM record.events WHERE position = 36"
        ).fetchone()
    assert row is not None
    event = decode(*row)
    assert isinstance(event, LogOriginStarted)
    assert (event.previous_origin, event.previous_size) == (old.origin, 30)
    assert (event.previous_root, event.reason) == (old.root.hex(), REASON)
    assert event.key == restored.track.open_signer().key.text == done.key


def test_what_the_ended_log_signed_is_kept(restored: Log) -> None:
    signed = restored.files.checkpoint()
    key = restored.track.open_signer().key

    kept = restart(restored).kept

    assert kept is not None
    assert (kept / "checkpoint").read_bytes() == signed
    assert (kept / "key").read_text() == key.text + "\n"
    assert (kept / "tile/0/000.p/30").exists()
    [old_key] = (restored.settings.home / "secrets").glob("log.key.ended-*")
    assert FileSigner.read(old_key).key == key


def test_a_name_is_good_for_one_log(restored: Log) -> None:
    first = restored.files.latest()[0].origin
    restart(restored)

    with pytest.raises(BadKey, match="has begun already"):
        restart(restored)
    with pytest.raises(Conflict, match="cannot begin again"):
        restart(restored, first)
    assert restored.seal_all().origin == "city/2"


def test_while_a_sealer_signs_no_other_log_begins(log: Log) -> None:
    log.append(1)
    with log.sealer():
        log.sealed(1)
        with pytest.raises(SealerAtWork):
            restart(log)


@pytest.mark.parametrize("step", ["next_key", "_record", "install", "_put_away", "_begin"])
def test_a_power_cut_during_the_restart_is_made_good_by_the_same_call(
    restored: Log, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class PowerCut(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        if step == "install":
            patch.setattr("adapters.seal.key._install", cut)
        elif step == "next_key":
            patch.setattr("adapters.seal.track.next_key", cut)
        else:
            patch.setattr(restarting, step, cut)
        with pytest.raises(PowerCut):
            restart(restored)
    restored.trouble()  # whatever was done by then, nothing is signed

    restart(restored)

    head = restored.seal_all()
    assert (head.origin, head.size) == ("city/2", 21)
    assert restored.check() == head


def test_the_command_line_says_what_is_wrong_and_begins_the_new_log(restored: Log) -> None:
    restored.trouble()

    code, said = hub(restored, "seal", "status", "--json")
    assert code == 1
    assert "positions 21 to 30 are missing" in json.loads(said)["sha256"]["trouble"]
    assert "PARKED: The record ends" in hub(restored, "status")[1]

    code, said = hub(restored, "seal", "restart", "--origin", "city/2", "--reason", REASON)
    assert code == 0, said
    assert "The log city/2 begins; recorded at position 21." in said

    restored.seal_all()
    assert hub(restored, "seal", "key")[1].strip() == restored.track.open_signer().key.text
    status = json.loads(hub(restored, "seal", "status", "--json")[1])["sha256"]
    assert (status["sealed"], status["guard"], status["trouble"]) == (21, 21, None)


def hub(log: Log, *words: str) -> tuple[int, str]:
    """Run a verb on this log's home and database; NATS is of no concern."""
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *words, "--home", str(log.settings.home)],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env={
            **os.environ,
            "HUB_DATABASE_URL": log.database.app_url,
            "HUB_NATS_URL": "nats://127.0.0.1:1",
        },
    )
    return done.returncode, done.stdout or done.stderr
