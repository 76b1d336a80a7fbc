"""Receiving: what a grant gives comes into a folder, whole files only, each with its manifest.

A download goes on where it broke off. A file is renamed into the folder when its digest is right;
its manifest `<file>.manifest.json` comes after it, so whoever waits for manifests never reads too
early. What was received once is not fetched again.
"""

import base64
import hashlib
import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import structlog

from adapters.connectors.client import Away, HubClient, Refused
from adapters.connectors.config import ReceivePart
from adapters.connectors.say import Bar
from adapters.connectors.spool import Spool

PIECE_BYTES = 256 * 1024
PARTIAL = ".partial"
_DIGEST = re.compile(r"sha-256=:(?P<bytes>[A-Za-z0-9+/]{43}=):")
_ODD = re.compile(r"[^\w.\-]+")
_PARTIAL_CONTENT, _BAD_RANGE = 206, 416


class Receiver:
    """Fetches what one grant gives."""

    def __init__(
        self,
        hub: HubClient,
        spool: Spool,
        part: ReceivePart,
        log: structlog.typing.FilteringBoundLogger,
        bar: Bar,
    ) -> None:
        """Receive for this grant."""
        self._hub, self._spool, self._part, self._bar = hub, spool, part, bar
        self._log = log.bind(grant=part.grant)
        self._next_at = 0.0
        self._failures = 0

    def is_due(self) -> bool:
        """Say whether it is time to look again."""
        return time.monotonic() >= self._next_at

    def fetch_new(self) -> bool:
        """Fetch every batch not yet here; return False when the hub is away or refuses."""
        try:
            for batch in list(self._hub.pages(f"sharing/grants/{self._part.grant}/batches")):
                if not self._spool.has_received(self._part.grant, batch["batch_id"]):
                    self._fetch(batch)
        except (Away, Refused) as why:
            self._failures += 1
            pause = min(self._part.every_seconds, 2.0 ** min(self._failures, 12))
            self._next_at = time.monotonic() + pause
            self._log.warning("nothing received now", why=str(why), again_in_seconds=round(pause))
            return False
        self._failures = 0
        self._next_at = time.monotonic() + self._part.every_seconds
        return True

    def _fetch(self, batch: dict[str, Any]) -> None:
        self._part.folder.mkdir(parents=True, exist_ok=True)
        final = self._part.folder / file_name(batch)
        partial = self._part.folder / PARTIAL / final.name
        partial.parent.mkdir(exist_ok=True)
        digest, size, rows = self._download(batch, partial)
        _sync(partial)
        partial.replace(final)
        self._write_manifest(final, batch, digest, size, rows)
        _sync(final.parent)
        self._spool.note_received(self._part.grant, batch["batch_id"], final, digest, size)
        partial.with_suffix(".etag").unlink(missing_ok=True)
        self._log.info("received", file=final.name, period=batch["period"], bytes=size)

    def _download(self, batch: dict[str, Any], partial: Path) -> tuple[str, int, int]:
        """Fetch a file into `partial`, going on where an earlier attempt broke off."""
        tag_file = partial.with_suffix(".etag")
        begun = partial.stat().st_size if partial.exists() and tag_file.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if begun:
            headers |= {"Range": f"bytes={begun}-", "If-Range": tag_file.read_text()}
        path = (
            f"sharing/grants/{self._part.grant}/payloads/{batch['sha256'].removeprefix('sha256:')}"
        )
        query = {"system": self._part.system} if self._part.system else {}
        try:
            with self._hub.download(path, headers, **query) as response:
                self._save(response, partial, tag_file, begun)
                promised = _promised(response)
                rows = int(response.headers.get("hub-rows", batch["rows"]))
        except Refused as refused:
            if refused.status == _BAD_RANGE:
                tag_file.unlink(missing_ok=True)
                raise Away("the file changed at the hub; it is fetched anew") from refused
            raise
        found = _digest(partial)
        if promised and found != promised:
            tag_file.unlink(missing_ok=True)
            partial.unlink()
            raise Away(f"the bytes received hash to {found}, the hub promised {promised}")
        return found, partial.stat().st_size, rows

    def _save(self, response: httpx2.Response, partial: Path, tag_file: Path, begun: int) -> None:
        goes_on = response.status_code == _PARTIAL_CONTENT
        tag_file.write_text(response.headers.get("etag", ""))
        size = int(response.headers.get("content-length", "0"))
        with (
            partial.open("ab" if goes_on and begun else "wb") as file,
            self._bar.over(partial, size) as counter,
        ):
            for piece in response.iter_bytes(PIECE_BYTES):
                file.write(piece)
                counter.add(len(piece))

    def _write_manifest(
        self, final: Path, batch: dict[str, Any], digest: str, size: int, rows: int
    ) -> None:
        manifest = {
            "grant_id": self._part.grant,
            "batch_id": batch["batch_id"],
            "entry_id": batch["entry_id"],
            "resource_id": batch["resource_id"],
            "period": batch["period"],
            "items": batch["items"],
            "supersedes": batch["supersedes"],
            "file": final.name,
            "rows": rows,
            "bytes": size,
            "sha256": digest,
            "published_at": batch["published_at"],
            "received_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        path = final.with_name(f"{final.name}.manifest.json")
        temporary = final.parent / PARTIAL / path.name
        temporary.write_text(
            json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        _sync(temporary)
        temporary.replace(path)


def file_name(batch: dict[str, Any]) -> str:
    """Return the name of a received file: its own, its period, and a mark of its batch."""
    name = Path(str(batch["file_name"]).replace("\\", "/")).name
    stem, suffix = Path(name).stem, Path(name).suffix
    mark = str(batch["batch_id"]).partition(":")[2][:8]
    return _ODD.sub("_", f"{stem}_{batch['period']}_{mark}{suffix}").lstrip(".")


def _promised(response: httpx2.Response) -> str:
    match = _DIGEST.search(response.headers.get("repr-digest", ""))
    return f"sha256:{base64.b64decode(match['bytes']).hex()}" if match else ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
