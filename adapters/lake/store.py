"""The payload store: files named by their digest under `sha256/aa/bb/<digest>`.

A file appears whole or not at all: it is written beside, forced to disk, and renamed. It is never
changed afterwards, so that readers need no lock and a second upload of it is harmless.
"""

import errno
import hashlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
import msgspec

from hub.errors import Busy, Invalid

PREFIX = "sha256:"
PIECE_BYTES = 1024 * 1024
LEFTOVER_SECONDS = 24 * 3600.0
"""An unfinished upload older than this is nobody's any more."""
RETRY_SECONDS = 60


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a stored file: its digest, its size, its rows once it was read."""

    sha256: str
    bytes: int
    rows: int | None = None
    content_type: str = ""
    encoding: str = ""
    columns: tuple[str, ...] = ()


class PayloadStore:
    """Files by digest in one folder; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        """Keep files under this folder; it is made when first written to."""
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the file of a digest lies or would lie."""
        digest = sha256.removeprefix(PREFIX)
        return self.folder / "sha256" / digest[:2] / digest[2:4] / digest

    def size(self, sha256: str) -> int | None:
        """Return a file's size in bytes; None when it is not here."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def take(self, sha256: str, pieces: AsyncIterator[bytes], bytes_max: int) -> int:
        """Store what streams in under its digest and return its size in bytes.

        Also reads and hashes what is here already: whoever sends it must have it. Raises Invalid
        for other bytes than the digest says or more than allowed, Busy when the disk is full.
        """
        with self._beside() as (file, temporary):
            digest, size = hashlib.sha256(), 0
            async for piece in pieces:
                size += len(piece)
                if size > bytes_max:
                    raise Invalid(
                        f"the file has more than {bytes_max} bytes",
                        f"文件超过{bytes_max}字节",
                        where="sha256",
                    )
                digest.update(piece)
                await anyio.to_thread.run_sync(_write, file, piece)
            found = PREFIX + digest.hexdigest()
            if found != sha256:
                raise Invalid(
                    f"the bytes received hash to {found}, not to {sha256}; send the file again",
                    f"收到内容的摘要为{found}，与{sha256}不符，请重新上传",
                    where="sha256",
                )
            await anyio.to_thread.run_sync(self._keep, file, temporary, sha256)
            return size

    def make(self, fill: Callable[[BinaryIO], object]) -> tuple[str, int]:
        """Store what `fill` writes; return its digest and size."""
        with self._beside() as (file, temporary):
            try:
                fill(file)
            except OSError as wrong:
                raise _full(wrong) from wrong
            size = file.tell()
            file.seek(0)
            digest = hashlib.sha256()
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
            sha256 = PREFIX + digest.hexdigest()
            self._keep(file, temporary, sha256)
        return sha256, size

    def describe(self, manifest: Manifest) -> None:
        """Write down what is known of a stored file, beside it."""
        path = self.path(manifest.sha256).with_suffix(".json")
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        temporary.write_bytes(msgspec.json.encode(manifest))
        temporary.replace(path)

    def manifest(self, sha256: str) -> Manifest | None:
        """Return what is known of a stored file; None when it is not here."""
        size = self.size(sha256)
        if size is None:
            return None
        path = self.path(sha256).with_suffix(".json")
        with suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        return Manifest(sha256, size)

    def sweep(self, seconds: float = LEFTOVER_SECONDS) -> int:
        """Remove unfinished uploads older than so many seconds; return how many."""
        before, gone = time.time() - seconds, 0
        for path in (self.folder / "tmp").glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone

    def _beside(self) -> "_Unfinished":
        return _Unfinished(self.folder / "tmp")

    def _keep(self, file: BinaryIO, temporary: Path, sha256: str) -> None:
        final = self.path(sha256)
        try:
            file.flush()
            os.fsync(file.fileno())
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)
            _sync_folder(final.parent)
        except OSError as wrong:
            raise _full(wrong) from wrong


class _Unfinished:
    """A file being written, gone unless it was renamed meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> tuple[BinaryIO, Path]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path = self._folder / uuid.uuid4().hex
            self._file = self._path.open("x+b")
        except OSError as wrong:
            raise _full(wrong) from wrong
        return self._file, self._path

    def __exit__(self, *problem: object) -> None:
        with suppress(OSError):  # what is still in the buffer may find no room either
            self._file.close()
        self._path.unlink(missing_ok=True)


def _write(file: BinaryIO, piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as wrong:
        raise _full(wrong) from wrong


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _full(wrong: OSError) -> Busy:
    if wrong.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Busy(
            "the hub's disk for payloads is full; the operator must make room, then send again",
            "平台数据存储空间已满，请联系运维扩容后重新上传",
            retry_after=RETRY_SECONDS,
        )
    return Busy(
        f"the hub cannot write the file now ({wrong.strerror}); send it again later",
        f"平台暂时无法写入文件({wrong.strerror})，请稍后重新上传",
        retry_after=RETRY_SECONDS,
    )
