"""A load generator on bare sockets: cheap enough not to be what is measured."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Caller(asyncio.Protocol):
    """One connection that sends the next request as soon as the last one is answered."""

    def __init__(self, request: Callable[[], bytes], until: float) -> None:
        """Send what `request` makes until the moment `until` (perf_counter seconds)."""
        self._request = request
        self._until = until
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self.statuses: dict[int, int] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request())

    def data_received(self, data: bytes) -> None:
        """Count the answer once it is whole and go on."""
        buffer = self._buffer + data if self._buffer else data
        head = buffer.find(_HEAD_END)
        at = buffer.lower().find(_LENGTH, 0, head) if head >= 0 else -1
        if at < 0:
            self._buffer = buffer
            return
        begin = at + len(_LENGTH)
        length = int(buffer[begin : buffer.index(b"\r", begin)])
        if len(buffer) < head + len(_HEAD_END) + length:
            self._buffer = buffer
            return
        self._buffer = b""
        status = int(buffer[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        assert self._transport is not None
        if perf_counter() < self._until:
            self._transport.write(self._request())
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that the server hung up on us."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))


async def rate(
    host: str, port: int, request: Callable[[], bytes], *, connections: int, seconds: float
) -> tuple[float, dict[int, int]]:
    """Return answers per second over so many connections, and how often each status came."""
    loop = asyncio.get_running_loop()
    start = perf_counter()
    callers = [
        (await loop.create_connection(lambda: Caller(request, start + seconds), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(caller.done for caller in callers))
    taken = perf_counter() - start
    statuses: dict[int, int] = {}
    for caller in callers:
        for status, number in caller.statuses.items():
            statuses[status] = statuses.get(status, 0) + number
    return sum(statuses.values()) / taken, statuses


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of one POST with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
