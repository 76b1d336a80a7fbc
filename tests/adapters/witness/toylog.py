"""A log with a real key: as many histories as a liar needs, signed, in tiles, over HTTP."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters.keys import FileSigner
from adapters.witness.memory import Memory
from adapters.witness.witness import Asked, Witness
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import consistency, leaf, node, root
from hub.seal.note import COSIGNATURE, Note, Signature
from hub.seal.tiles import Tiles, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "shuqiao/yunze"
LOG_KEY = FileSigner(ORIGIN, 1, b"l" * 32)
WITNESS_KEY = FileSigner("audit.yunze", COSIGNATURE, b"w" * 32)
START = 1_790_000_000


def signed(size: int, root_hash: bytes, key: FileSigner = LOG_KEY, origin: str = ORIGIN) -> bytes:
    """Return a signed checkpoint, true or not."""
    text = Checkpoint(origin, size, root_hash).text
    line = Signature(key.key.name, key.key.key_id, key.sign(text.encode()))
    return notes.render(Note(text, (line,)))


class ToyLog:
    """A history: its leaves, and everything a log can say of them."""

    def __init__(self, size: int = 0, *, changed_at: int | None = None) -> None:
        """Make so many leaves; a liar's history differs from the position `changed_at` on."""
        self.leaves: list[bytes] = []
        self._known: dict[tuple[int, int], bytes] = {}
        self._changed_at = changed_at
        self.grow(size)

    def grow(self, more: int) -> None:
        """Add leaves."""
        for index in range(len(self.leaves), len(self.leaves) + more):
            position = index + 1
            lie = self._changed_at is not None and position == self._changed_at
            self.leaves.append(leaf(f"{'lie' if lie else 'event'} {position}".encode()))

    @property
    def size(self) -> int:
        return len(self.leaves)

    def read(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaves[index]
        held = self._known.get((level, index))
        if held is None:
            assert (index + 1) << level <= self.size
            held = node(self.read(level - 1, 2 * index), self.read(level - 1, 2 * index + 1))
            self._known[level, index] = held
        return held

    def root(self, size: int | None = None) -> bytes:
        return root(self.size if size is None else size, self.read)

    def note(self, size: int | None = None) -> bytes:
        size = self.size if size is None else size
        return signed(size, self.root(size))

    def asks(self, old: int, size: int | None = None) -> Asked:
        """Return the request for a cosignature, with an honest proof."""
        size = self.size if size is None else size
        return Asked(old, tuple(consistency(old, size, self.read)), self.note(size))

    def tile(self, address: str) -> bytes:
        """Return a tile of the log as it is; raises FileNotFoundError as a log's disk does."""
        level, number, width = parse(address)
        first, step = number * 256, 8 * level
        if first + width > self.size >> step:
            raise FileNotFoundError(address)
        return b"".join(self.read(step, at) for at in range(first, first + width))

    def tiles(self) -> Tiles:
        return Tiles(self.tile, self.size)


def witness_at(folder: Path, at: int = START) -> Witness:
    """Return a witness of the log on this folder, at a fixed time."""
    return Witness(Memory(folder), WITNESS_KEY, [LOG_KEY.key], lambda: at)


@contextmanager
def served(log: Served) -> Iterator[str]:
    """Serve a log as a hub does: /log/…; yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(log))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Served:
    """What a hub shows: a log, at a size, perhaps with another note than its own."""

    def __init__(self, log: ToyLog) -> None:
        self.log = log
        self.size: int | None = None
        self.note: bytes | None = None
        self.spoil: set[str] = set()
        self.taken: list[Note] = []
        self.refuses = False
        self.reason = b'{"detail": "not in the policy"}'

    def checkpoint(self) -> bytes:
        return self.note or self.log.note(self.size)


def _handler(shown: Served) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = self.path.removeprefix("/log/")
            try:
                body = shown.checkpoint() if address == "checkpoint" else shown.log.tile(address)
            except (FileNotFoundError, ValueError):
                self._answer(404, b"")
                return
            self._answer(200, bytes(len(body)) if address in shown.spoil else body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if shown.refuses:
                self._answer(403, shown.reason)
                return
            shown.taken.append(notes.parse(body))
            self._answer(200, b"{}")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's
            """Say nothing."""

    return Handler
