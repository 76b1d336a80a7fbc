"""Delivering: a file of the spool is checked, uploaded and delivered, each step once.

What fails the check here is not sent: the report beside the folder says which rows. What the hub
turns back is told in its own words. While the hub is away files wait, in their order.
"""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from adapters.connectors.client import Away, HubClient, Refused
from adapters.connectors.config import AdapterPart, DeliverPart
from adapters.connectors.pick import period_of_file
from adapters.connectors.report import write_report
from adapters.connectors.say import Bar
from adapters.connectors.spool import Outgoing, Spool, State
from adapters.tables.checking import Report, check_file
from adapters.tables.items import ItemSpec, carried, specs_of_json
from adapters.tables.reading import CSV, XLSX
from hub.convergence.commands import batch_id_of

KNOWN_SECONDS = 300.0
"""How long what the hub said of a resource is taken for true before it is asked again."""
_REALTIME = "realtime"
_TABLES = frozenset({CSV, XLSX})
_FINAL = frozenset({400, 413, 415, 422})
"""Answers that say something about the file itself."""


@dataclass(frozen=True)
class Expected:
    """What the hub expects of files for a resource."""

    entry_id: str
    cycle: str
    specs: tuple[ItemSpec, ...]


class Deliverer:
    """Sends what waits in the spool."""

    def __init__(
        self,
        hub: HubClient,
        spool: Spool,
        settings: AdapterPart,
        parts: Iterable[DeliverPart],
        log: structlog.typing.FilteringBoundLogger,
        bar: Bar,
    ) -> None:
        """Deliver for these folders."""
        self._hub, self._spool, self._settings = hub, spool, settings
        self._parts = {part.resource: part for part in parts}
        self._log, self._bar = log, bar
        self.not_taken = 0
        """How many files the hub or the check did not take, since the start."""

    def send_waiting(self) -> bool:
        """Send everything that may go now; return False when the hub is away."""
        for file in self._spool.waiting(time.time()):
            part = self._parts.get(file.resource_id)
            if part is None:
                continue
            try:
                self._send(file, part)
            except Away as away:
                self._put_off(file, str(away), away.retry_after)
                return False
            except Refused as refused:
                self._refused(file, part, refused)
        return True

    def expected(self, resource_id: str, *, seconds: float = KNOWN_SECONDS) -> Expected:
        """Return what the hub expects: its answer, one not older than so many seconds.

        While the hub is away the last answer stands, however old.
        """
        key = f"resource {resource_id}"
        kept: dict[str, Any] = json.loads(self._spool.recall(key) or "{}")
        if not kept or kept["at"] + seconds < time.time():
            try:
                kept = self._ask(resource_id)
                self._spool.remember(key, json.dumps(kept))
            except Away:
                if not kept:
                    raise
        specs = carried(specs_of_json(kept["content"]), tuple(kept["items"]))
        return Expected(kept["entry_id"], kept["cycle"], specs)

    def _ask(self, resource_id: str) -> dict[str, Any]:
        resource = self._hub.get(f"convergence/resources/{resource_id}")
        entry = self._hub.get(f"catalog/entries/{resource['entry_id']}")
        return {
            "at": time.time(),
            "entry_id": resource["entry_id"],
            "items": resource["items"],
            "cycle": entry["content"].get("update_cycle") or "",
            "content": entry["content"].get("items", []),
        }

    def _send(self, file: Outgoing, part: DeliverPart) -> None:
        if file.state is State.PICKED:
            expected = self.expected(file.resource_id)
            prepared = self._prepare(file, part, expected)
            if prepared is None:
                return
            file = prepared
        self._upload(file)
        receipt = self._deliver(file)
        topics = {event["topic"] for event in receipt["events"]}
        if "convergence.batch.published" in topics:
            self._end(file, part, State.DELIVERED, "")
            return
        # Turned back, or answered before: what became of it stands in the hub's list of batches.
        batch = self._batch(file, int(receipt["position"]))
        if batch["status"] == "rejected":
            self._turned_back(file, part, batch)
        else:
            self._end(file, part, State.DELIVERED, "")

    def _prepare(self, file: Outgoing, part: DeliverPart, expected: Expected) -> Outgoing | None:
        """Find the period, see whether the file was sent before, check it; None ends its way."""
        name = file.source.name
        period = period_of_file(name, file.written_at, expected.cycle, part)
        if self._spool.duplicate(file, period) is not None:
            self._end(file, part, State.AGAIN, "", period=period)
            return None
        rows = 0
        if file.content_type in _TABLES:
            report = self._check(file, part, expected)
            if not report.ok:
                self._fails(file, part, report)
                return None
            rows = report.rows
        supersedes = self._replaced(file, period, part, expected.cycle)
        return self._spool.note(
            file,
            state=State.READY,
            period=period,
            rows=rows,
            supersedes=supersedes,
            batch_id=batch_id_of(file.resource_id, period, file.sha256, supersedes),
        )

    def _check(self, file: Outgoing, part: DeliverPart, expected: Expected) -> Report:
        """Check a file; before one is called wrong the hub is asked what it expects by now."""
        copy = self._spool.copy_of(file.sha256)
        report = check_file(copy, file.content_type, expected.specs, part.encoding)
        if report.ok:
            return report
        by_now = self.expected(file.resource_id, seconds=0.0)
        if by_now == expected:
            return report
        return check_file(copy, file.content_type, by_now.specs, part.encoding)

    def _replaced(self, file: Outgoing, period: str, part: DeliverPart, cycle: str) -> str:
        """Return the batch that this file replaces: one turned back, or the period's last."""
        before = self._spool.latest(file.resource_id, period)
        if before is None:
            return ""
        always = part.replace == "always" or (part.replace == "auto" and cycle != _REALTIME)
        return before.batch_id if before.state is State.REJECTED or always else ""

    def _upload(self, file: Outgoing) -> None:
        digest = file.sha256.removeprefix("sha256:")
        copy = self._spool.copy_of(file.sha256)
        with copy.open("rb") as reading, self._bar.over(file.source, file.bytes) as counter:
            counted = _Counted(reading, counter.add)
            path = f"convergence/payloads/{digest}"
            self._hub.upload(path, counted, file.bytes, bytes.fromhex(digest))

    def _deliver(self, file: Outgoing) -> dict[str, Any]:
        body = {
            "resource_id": file.resource_id,
            "period": file.period,
            "rows": file.rows,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "file_name": file.source.name,
            "content_type": file.content_type,
            **({"supersedes": file.supersedes} if file.supersedes else {}),
        }
        # The id is the batch's own: after a kill the same delivery is the same command.
        return self._hub.command("convergence/deliver-batch", body, file.batch_id)

    def _batch(self, file: Outgoing, position: int) -> dict[str, Any]:
        try:
            batch: dict[str, Any] = self._hub.get(
                f"convergence/batches/{file.batch_id}", after=position
            )
        except Refused as refused:
            raise Away(f"the hub does not show the batch yet: {refused}") from refused
        return batch

    def _turned_back(self, file: Outgoing, part: DeliverPart, batch: dict[str, Any]) -> None:
        report = write_report(part.folder, file, batch["reason"], batch["findings"])
        self._log.error("the hub turned the file back", file=file.source.name, report=str(report))
        self._end(file, part, State.REJECTED, str(batch["reason"]))

    def _fails(self, file: Outgoing, part: DeliverPart, report: Report) -> None:
        why = report.problem or "the file does not agree with the entry's items"
        path = write_report(part.folder, file, why, report.findings())
        self._log.error("not delivered", file=file.source.name, why=why, report=str(path))
        self._end(file, part, State.REFUSED, why)

    def _refused(self, file: Outgoing, part: DeliverPart, refused: Refused) -> None:
        """End a file the hub cannot take as it is; wait where somebody can set things right.

        A key that is not known, a resource that is suspended: these change without the file.
        """
        file = self._spool.one(file.id)
        if refused.status in _FINAL:
            write_report(part.folder, file, str(refused), ())
            self._end(file, part, State.REFUSED, str(refused))
        else:
            self._put_off(file, f"the hub refuses: {refused}", 0.0)

    def _put_off(self, file: Outgoing, why: str, retry_after: float) -> None:
        """Try again after 1, 2, 4 … seconds, a little apart from other adapters."""
        file = self._spool.one(file.id)
        most = self._settings.retry_seconds_max
        pause = min(most, 2.0 ** min(file.attempts, 30)) * random.uniform(0.75, 1.0)  # noqa: S311 - not a secret
        pause = max(pause, retry_after)
        self._spool.note(file, attempts=file.attempts + 1, next_at=time.time() + pause)
        self._log.warning(
            "the file waits",
            file=file.source.name,
            why=why,
            again_in_seconds=round(pause, 1),
            waiting=self._spool.count_waiting(),
        )

    def _end(
        self, file: Outgoing, part: DeliverPart, state: State, answer: str, **more: str
    ) -> None:
        self._spool.note(file, state=state, answer=answer, **more)
        log = self._log.bind(file=file.source.name, resource=file.resource_id)
        match state:
            case State.DELIVERED:
                log.info("delivered", period=file.period, rows=file.rows, batch=file.batch_id)
            case State.AGAIN:
                log.info("the same file was sent before for this period; nothing to do")
            case _:
                self.not_taken += 1
                log.error("this file ends here", state=state, answer=answer)
        if part.after == "move":
            _move(file, "done" if state in {State.DELIVERED, State.AGAIN} else "refused")


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, add: Callable[[int], None]) -> None:
        self._file, self._add = file, add

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(size)
        self._add(len(piece))
        return piece


def _move(file: Outgoing, name: str) -> None:
    """Move a file out of the way unless it was changed since it was picked up."""
    with suppress(OSError):
        if file.source.stat().st_mtime != file.written_at:
            return
        folder = file.source.parent / name
        folder.mkdir(exist_ok=True)
        stem, suffix = file.source.stem, file.source.suffix
        target = folder / file.source.name
        if target.exists():
            mark = hashlib.sha256(f"{file.id} {file.sha256}".encode()).hexdigest()[:8]
            target = folder / f"{stem}.{mark}{suffix}"
        file.source.replace(Path(target))
