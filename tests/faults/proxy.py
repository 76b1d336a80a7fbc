"""A line that can be cut at the worst moment: between a server's commit and its answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Proxy:
    """Passes bytes between a client and PostgreSQL; once told, drops an answer and the line."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._drop_next_answer = False
        self.dropped = 0
        self._pumps: set[asyncio.Task[None]] = set()

    def drop_next_answer(self) -> None:
        self._drop_next_answer = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(*self._to)
        for pump in (self._pass(reader, questions), self._answer(answers, writer, questions)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def close(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # the other side hung up, which is what we are here for
        finally:
            writer.close()

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        questions: asyncio.StreamWriter,
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if self._drop_next_answer:
                    self._drop_next_answer = False
                    self.dropped += 1
                    questions.close()
                    break
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Put a proxy before the database at this address; gives the proxy and its address."""
    address = conninfo_to_dict(url)
    proxy = Proxy(str(address["host"]), int(str(address["port"])))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, make_conninfo(url, port=port)
    finally:
        server.close()
        await proxy.close()
