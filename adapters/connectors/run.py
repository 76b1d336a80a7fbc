"""The loop: look at the folders, send what waits, fetch what was granted, rest, again."""

import threading
from collections.abc import Iterator

import structlog
import watchfiles

from adapters.connectors.client import HubClient
from adapters.connectors.config import Config, ConfigProblem
from adapters.connectors.deliver import Deliverer
from adapters.connectors.pick import Folders, content_type_of
from adapters.connectors.receive import Receiver
from adapters.connectors.say import Bar
from adapters.connectors.spool import Spool
from adapters.connectors.witnessing import Witnessing


class Adapter:
    """Everything one configuration asks for."""

    def __init__(
        self, config: Config, log: structlog.typing.FilteringBoundLogger, *, watched: bool
    ) -> None:
        """Open the spool and the line to the hub; `watched` shows progress bars."""
        bar = Bar(shown=watched)
        self._config, self._log = config, log
        self._hub = HubClient(config.hub)
        self._spool = Spool(config.adapter.state)
        self._folders = Folders()
        for part in config.deliver:
            if not part.folder.is_dir():
                raise ConfigProblem(f"the folder {part.folder} is not there; make it")
        self._deliverer = Deliverer(
            self._hub, self._spool, config.adapter, config.deliver, log, bar
        )
        self._receivers = [
            Receiver(self._hub, self._spool, part, log, bar) for part in config.receive
        ]
        self._witnessing = None if config.witness is None else Witnessing(config, log)

    def close(self) -> None:
        """Let go of everything."""
        if self._witnessing is not None:
            self._witnessing.close()
        self._hub.close()
        self._spool.close()

    def step(self) -> bool:
        """Do what can be done now; return False when something has to wait for the hub."""
        self._pick()
        sent = self._deliverer.send_waiting()
        fetched = [each.fetch_new() for each in self._receivers if each.is_due()]
        seen = self._witnessing is None or self._witnessing.look_if_due()
        return sent and all(fetched) and seen

    def run(self, stop: threading.Event) -> None:
        """Go on until somebody says stop; nothing that goes wrong at the hub ends it."""
        self._log.info(
            "running",
            hub=self._config.hub.url,
            deliver=len(self._config.deliver),
            receive=len(self._config.receive),
            witness=self._config.witness is not None,
            waiting=self._spool.count_waiting(),
        )
        self.step()
        for _ in self._moments(stop):
            self.step()
        self._log.info("stopped", waiting=self._spool.count_waiting())

    def once(self, stop: threading.Event) -> bool:
        """Do everything there is to do now; return False when something is left."""
        self._pick()
        stop.wait(self._config.adapter.poll_seconds)
        done = self.step()
        left = self._spool.count_waiting() + self._deliverer.not_taken
        return done and left == 0

    def _pick(self) -> None:
        for part in self._config.deliver:
            for path in self._folders.ripe(part):
                try:
                    stat = path.stat()
                    if self._spool.is_known(path, stat.st_size, stat.st_mtime_ns):
                        continue
                    picked = self._spool.pick(part.resource, path, content_type_of(path))
                except OSError as wrong:
                    self._log.error("the file cannot be read", file=str(path), why=str(wrong))
                    continue
                if picked is not None:
                    self._log.info("picked up", file=path.name, bytes=picked.bytes)

    def _moments(self, stop: threading.Event) -> Iterator[None]:
        """Yield at every change of a folder and at the latest after the poll time."""
        seconds = self._config.adapter.poll_seconds
        folders = [part.folder for part in self._config.deliver]
        if not folders:
            while not stop.wait(seconds):
                yield
            return
        changes = watchfiles.watch(
            *folders,
            stop_event=stop,
            rust_timeout=int(seconds * 1000),
            yield_on_timeout=True,
            force_polling=self._config.adapter.polling or None,
            poll_delay_ms=int(min(seconds, 1.0) * 1000),
            recursive=False,
            raise_interrupt=False,
            watch_filter=None,
        )
        for _ in changes:
            if stop.is_set():
                return
            # A file must be seen unchanged twice: after a change the next look is due soon.
            yield
