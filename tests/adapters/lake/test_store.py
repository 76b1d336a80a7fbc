"""Payloads: whole or not at all, under their own digest, whatever happens in between."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from adapters.lake.store import Manifest, PayloadStore
from hub.errors import Busy, Invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

DATA = "证号,姓名\nA1,张三\n".encode() * 1000
MB = 1024 * 1024


def sha(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def files(store: PayloadStore) -> list[str]:
    return [path.name for path in store.folder.rglob("*") if path.is_file()]


@pytest.mark.anyio
async def test_a_payload_lies_under_its_digest(tmp_path: Path) -> None:
    store = PayloadStore(tmp_path / "lake")
    assert store.size(sha(DATA)) is None
    assert await store.take(sha(DATA), pieces(DATA), MB) == len(DATA)
    digest = sha(DATA).removeprefix("sha256:")
    path = tmp_path / "lake" / "sha256" / digest[:2] / digest[2:4] / digest
    assert store.path(sha(DATA)) == path
    assert path.read_bytes() == DATA
    assert store.manifest(sha(DATA)) == Manifest(sha(DATA), len(DATA))
    store.describe(Manifest(sha(DATA), len(DATA), 1000, "text/csv"))
    assert store.manifest(sha(DATA)) == Manifest(sha(DATA), len(DATA), 1000, "text/csv")
    assert store.manifest(sha(b"other")) is None


@pytest.mark.anyio
async def test_the_same_payload_may_come_again(tmp_path: Path) -> None:
    store = PayloadStore(tmp_path)
    for _ in range(2):
        await store.take(sha(DATA), pieces(DATA), MB)
    assert len(files(store)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "bytes_max", "words"),
    [(DATA + b"x", MB, "hash to"), (DATA, 100, "more than 100 bytes"), (b"", MB, "hash to")],
)
async def test_other_bytes_than_promised_leave_nothing(
    tmp_path: Path, data: bytes, bytes_max: int, words: str
) -> None:
    store = PayloadStore(tmp_path)
    with pytest.raises(Invalid, match=words):
        await store.take(sha(DATA), pieces(data), bytes_max)
    assert files(store) == []


@pytest.mark.anyio
async def test_a_sender_who_hangs_up_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield DATA[:100]
        raise ConnectionResetError

    store = PayloadStore(tmp_path)
    with pytest.raises(ConnectionResetError):
        await store.take(sha(DATA), broken(), MB)
    assert files(store) == []


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file of this process may grow over 4 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.anyio
async def test_a_disk_that_takes_no_more_is_a_reason_to_come_again(
    tmp_path: Path, small_disk: None
) -> None:
    store = PayloadStore(tmp_path)
    with pytest.raises(Busy) as caught:
        await store.take(sha(DATA), pieces(DATA), MB)
    assert caught.value.retry_after > 0
    assert files(store) == []


_PROGRAM = """
import anyio, sys
from pathlib import Path
from adapters.lake.store import PayloadStore

async def slow():
    yield b"x" * 100_000
    print("begun", flush=True)
    await anyio.sleep(60)

async def main():
    await PayloadStore(Path(sys.argv[1])).take(sys.argv[2], slow(), 10**9)

anyio.run(main)
"""


def test_an_upload_killed_half_way_is_never_seen_and_swept_later(tmp_path: Path) -> None:
    store = PayloadStore(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), sha(DATA)], stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"begun\n"
        running.send_signal(signal.SIGKILL)
    assert store.size(sha(DATA)) is None
    [leftover] = (tmp_path / "tmp").iterdir()
    assert store.sweep() == 0, "somebody may still be writing it"
    old = time.time() - 2 * 24 * 3600
    os.utime(leftover, (old, old))
    assert store.sweep() == 1
    assert files(store) == []


def test_what_is_made_here_gets_its_own_digest(tmp_path: Path) -> None:
    store = PayloadStore(tmp_path)
    assert store.make(lambda file: file.write(DATA)) == (sha(DATA), len(DATA))
    assert store.path(sha(DATA)).read_bytes() == DATA
