"""`SyncRecord`: the same record for threads: the command line, the library's recorder, scripts."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Thread
from typing import Any, Self, TypeVar

from adapters.record.postgres import PATIENCE_SECONDS, WAITING_MAX, PostgresRecord, now
from hub.record import Appended, Found, Recorded, Write

_Answer = TypeVar("_Answer")


class SyncRecord:
    """A `PostgresRecord` in an event loop of its own thread; its methods block the caller."""

    def __init__(
        self,
        conninfo: str,
        *,
        clock: Callable[[], datetime] = now,
        waiting_max: int = WAITING_MAX,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Connect; raises RecordUnavailable with the reason when that is not possible."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="record", daemon=True)
        self._thread.start()
        self._clock = clock
        self._record = PostgresRecord(
            conninfo, clock=clock, waiting_max=waiting_max, patience=patience
        )
        try:
            self._wait_for(self._record.open())
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, write: Write) -> Appended:
        """Store one command's events durably and answer; see `hub.record.Record`."""
        promise: Future[Appended] = Future()
        self._record.append_from_thread(write, promise)
        return promise.result()

    def load(self, since: Mapping[str, int]) -> Sequence[Recorded]:
        """Events of these streams above the given versions; see `hub.record.Record`."""
        return self._wait_for(self._record.load(since))

    def find(self, command_id: str) -> Found | None:
        """Was this command answered before? See `hub.record.Record`."""
        return self._wait_for(self._record.find(command_id))

    def close(self) -> None:
        """Store and answer what waits, then hang up and end the thread."""
        if self._thread.is_alive():
            self._wait_for(self._record.close())
            self._stop()

    def _wait_for(self, question: Coroutine[Any, Any, _Answer]) -> _Answer:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
