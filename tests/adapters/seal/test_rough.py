"""Rough handling: files nobody can read, times no calendar has. It is said; the sealer lives on."""

import os
import resource
import subprocess
import sys
import time

import psycopg
import pytest

from adapters.keys import BadKey, FileSigner
from adapters.seal.policy import read_policy
from hub.seal.note import COSIGNATURE
from tests.adapters.seal.sealing import Log


@pytest.mark.parametrize("left", [b"", b"\xff\xfe\x00garbage", b"\n\n\n", b"city\n-1\nAAAA\n"])
def test_a_guard_that_cannot_be_read_stops_the_sealer_in_words(log: Log, left: bytes) -> None:
    log.append(5)
    log.seal_all()
    log.guard_file.write_bytes(left)
    log.append(1)

    assert "a checkpoint must stand there" in log.trouble()
    assert log.check().size == 5


def test_the_guard_of_another_log_stops_the_sealer(log: Log) -> None:
    log.append(5)
    origin = log.seal_all().origin
    log.guard_file.write_text(log.guard_file.read_text().replace(origin, "shuqiao/another"))

    assert "shuqiao/another was signed last" in log.trouble()
    assert log.check().size == 5


def test_a_time_that_no_calendar_has_is_said_with_its_position(log: Log) -> None:
    log.append(3)
    log.superuser("UPDATE record.events SET recorded_at = 'infinity' WHERE position = 2")

    assert "from position 1 on cannot be read" in log.trouble()


def test_a_published_checkpoint_spoiled_while_the_sealer_runs_is_put_right(log: Log) -> None:
    witness = FileSigner("audit.city", COSIGNATURE, b"\x01" * 32)
    log.settings.home.mkdir(parents=True, exist_ok=True)
    log.settings.witness_policy.write_text(f"witness a {witness.key.text}\nquorum a\n")
    with log.sealer(policy=read_policy(log.settings.witness_policy)):
        log.append(3)
        log.sealed(3)
        (log.settings.log_dir / "checkpoint").write_bytes(b"rubbish")
        until = time.monotonic() + 1.0
        with psycopg.connect(log.database.app_url, autocommit=True) as looking:
            while time.monotonic() < until:
                looking.execute("SELECT pg_sleep(0.05)")
        log.append(1)
        log.sealed(4)

    assert log.check().size == 4


def test_a_key_file_that_could_not_be_written_whole_is_not_left_behind(log: Log) -> None:
    path = log.settings.home / "secrets" / "log.key"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))  # as on a disk that is full
    try:
        with pytest.raises(BadKey, match="cannot be written"):
            FileSigner.create(path, "city/log")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(path.parent.iterdir()) == []
    assert FileSigner.of(path, "city/log").key.name == "city/log"


def test_a_track_whose_library_is_not_installed_ends_the_process_in_words(log: Log) -> None:
    without = "import sys; sys.modules['gmssl_pyx'] = None; import runpy;"
    done = subprocess.run(
        [sys.executable, "-c", f"{without} runpy.run_module('adapters.seal', run_name='__main__')"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "HUB_HOME": str(log.settings.home),
            "HUB_DATABASE_URL": log.database.app_url,
            "HUB_SM": "true",
        },
    )

    assert done.returncode == 1
    assert "pip install 'shuqiao[sm]'" in done.stderr
    assert "Traceback" not in done.stderr
