"""kill -9 of the sealer, and a disk that fails under it: the log never says two things."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from adapters.seal import board, disk, sealer
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from tests.adapters.seal.sealing import Log
from tests.servers import Database

ROOT = Path(__file__).parents[2]
KILLS = 10


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database, tmp_path)


@contextmanager
def process(log: Log, *fault: str) -> Iterator[subprocess.Popen[str]]:
    words = [log.database.app_url, str(log.settings.home), *fault]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sealing", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


@contextmanager
def commands_flowing(log: Log) -> Iterator[None]:
    stop = Flag()

    def write() -> None:
        while not stop.is_set():
            log.append(37)

    writer = Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@contextmanager
def watched(log: Log) -> Iterator[dict[bytes, Checkpoint]]:
    """Keep every checkpoint a reader could have seen, in the order it was published."""
    seen: dict[bytes, Checkpoint] = {}
    stop = Flag()

    def look() -> None:
        while not stop.wait(0.002):
            data = log.files.checkpoint()
            if data is not None and data not in seen:
                seen[data] = Checkpoint.parse(notes.parse(data).text)

    reader = Thread(target=look)
    reader.start()
    try:
        yield seen
    finally:
        stop.set()
        reader.join()


def check_all(log: Log, seen: dict[bytes, Checkpoint]) -> None:
    """Assert that each published checkpoint continues the one before, up to the whole record."""
    last = log.check()
    tiles = log.files.tiles(last.size)
    for old, new in pairwise([*seen.values(), last]):
        assert old.size <= new.size
        proof = merkle.consistency(old.size, new.size, tiles)
        merkle.check_consistency(old.size, old.root, new.size, new.root, proof)


def test_a_sealer_killed_again_and_again_tells_one_story(log: Log) -> None:
    log.append(1)
    with commands_flowing(log), watched(log) as seen:
        for number in range(KILLS):
            sealed = len(seen)
            with process(log) as running:
                deadline = time.monotonic() + 20
                while len(seen) == sealed and time.monotonic() < deadline:
                    assert running.poll() is None
                    Flag().wait(0.01)
                Flag().wait(number * 0.013)  # so that each kill meets another step
    log.seal_all()

    assert len(seen) >= KILLS
    check_all(log, seen)


@pytest.mark.parametrize("at", [1, 3, 6, 11])
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_disk_that_fails_once_is_survived(log: Log, call: str, at: int) -> None:
    log.append(300)
    with watched(log) as seen:
        log.seal_all()
        with commands_flowing(log), process(log, call, str(at)) as running:
            assert running.stdout is not None
            said = [next(running.stdout), next(running.stdout)]
            assert said[0] == "failed\n"
            assert "Input/output error" in said[1]
            assert running.poll() is None
        log.seal_all()

    check_all(log, seen)


@pytest.mark.parametrize(
    "step", ["put tiles", "advance", "sign", "put checkpoint", "enter", "drop parts"]
)
def test_each_step_may_be_the_last(log: Log, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut before each step in turn; the next start makes it good."""
    log.append(250)
    with watched(log) as seen:
        log.seal_all()
        log.append(10)
        with monkeypatch.context() as patch:
            cut_before(step, patch)
            log.trouble()
        log.seal_all()
        log.append(10)
        log.seal_all()

    assert log.check().size == 270
    check_all(log, seen)


def cut_before(step: str, patch: pytest.MonkeyPatch) -> None:
    """Let a step end as a power cut would: nothing after it is done."""

    def cut(*_: object, **__: object) -> None:
        raise OSError("a power cut")

    whole = disk.put

    def put(folder: Path, files: dict[str, bytes]) -> None:
        wanted = "checkpoint" if step == "put checkpoint" else "tile"
        if any(name.startswith(wanted) for name in files):
            cut()
        whole(folder, files)

    match step:
        case "put tiles" | "put checkpoint":
            patch.setattr(disk, "put", put)
        case "advance":
            patch.setattr("adapters.seal.guard.Guard.advance", cut)
        case "sign":
            patch.setattr(sealer, "sign", cut)
        case "enter":
            patch.setattr(board, "enter", cut)
        case _:
            patch.setattr("adapters.seal.sealer._Work._drop_parts", cut)
