"""A sealed record with a disputed request in it, two witnesses, and bundles of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.evidence.bundle import make
from adapters.evidence.order import Made, Order, Sources
from adapters.evidence.packing import Packing
from adapters.evidence.selection import Kind, Selection
from adapters.keys import FileSigner
from adapters.seal.policy import add_to_board
from adapters.seal.track import SHA256
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE
from hub.seal.policy import Policy
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    SubmitSharingRequest,
)
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from tests.adapters.seal.sealing import Log
from tests.hub.kit import given
from tests.hub.sharing.world import (
    AGREED_AT,
    ASKER,
    ASKER_HEAD,
    GIVER_HEAD,
    MONDAY,
    PROVIDED_AT,
    REQUEST,
    WORLD,
    decline,
    draft,
    happen,
)
from tests.projections import kit
from tests.projections.stories import AWKWARD, registered

if TYPE_CHECKING:
    from pathlib import Path

    from hub.event import Event
    from tests.servers import Database

Verify = Callable[..., tuple[int, str]]
"""Verify some bytes in this process; the exit code and what was said."""
OTHER = "sharing.request:r2"
CASE = Selection(Kind.CASE, REQUEST)
WHOLE = Selection(Kind.ALL)
COSIGNED_AT = 1_772_500_000


def disputed() -> list[tuple[Event, ...]]:
    """A request that is refused; in between another department asks for the same."""
    world = given(*WORLD)
    told: list[tuple[Event, ...]] = [WORLD]
    steps: list[tuple[Any, Any, Any]] = [
        (draft(), ASKER, MONDAY),
        (draft(request_id=OTHER), ASKER, MONDAY),
        (ApproveSharingRequestInternally(request_id=REQUEST), ASKER_HEAD, MONDAY),
        (SubmitSharingRequest(request_id=REQUEST), ASKER_HEAD, MONDAY),
        (decline(), GIVER_HEAD, AGREED_AT),
        (ApproveSharingRequestInternally(request_id=OTHER), ASKER_HEAD, PROVIDED_AT),
    ]
    for command, by, at in steps:
        events = world.when(command, by, at).events()
        happen(world, *events)
        told.append(events)
    told.append((registered("departments.organization:odd", AWKWARD),))
    return told


class Court:
    """The hub of one test: its record and log, its witnesses, the bundles taken from it."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.home = home
        self.log = Log(database, home)
        self.own_sources: Sources | None = None
        self.witnesses = [
            FileSigner.create(home / "witnesses" / name, f"{name}.city", COSIGNATURE)
            for name in ("audit", "archive")
        ]

    def record(self) -> None:
        with connect(self.database.app_url) as connection:
            for events in disputed():
                kit.record(connection, events)
            catch_up(connection, (AUDIT_TRAIL,))

    @property
    def policy_text(self) -> str:
        first, second = (each.key.text for each in self.witnesses)
        return (
            f"witness audit {first}\nwitness archive {second} https://archive.example/\n"
            "group both all audit archive\nquorum both\n"
        )

    @property
    def sources(self) -> Sources:
        return self.own_sources or Sources(self.log.files, self.log.settings.witness_policy)

    def witnessed(self, count: int = 2) -> bytes:
        """Let so many witnesses cosign the last checkpoint; return it as it stands then."""
        self.log.settings.witness_policy.write_text(self.policy_text, encoding="utf-8")
        note = notes.parse(self.log.files.checkpoint() or b"")
        message = notes.cosignature_message(note.text, COSIGNED_AT)
        more = [
            notes.cosignature(each.key, COSIGNED_AT, each.sign(message))
            for each in self.witnesses[:count]
        ]
        policy = Policy.parse(self.policy_text)
        with psycopg.connect(self.database.app_url, autocommit=True) as connection:
            merged = add_to_board(connection, SHA256, note, more, policy)
        assert merged is not None
        return notes.render(merged)

    def take(self, selection: Selection = CASE, **more: Any) -> tuple[bytes, Made]:
        """Return the bytes of a bundle and its figures."""
        out = io.BytesIO()
        with connect(self.database.app_url) as connection:
            made = make(connection, self.sources, Order(selection, **more), out)
        return out.getvalue(), made

    def stamped(self, stamp: bytes, note: bytes) -> None:
        """Keep a time stamp of a checkpoint, as the sealer's stamping does."""
        size = Checkpoint.parse(notes.parse(note).text).size
        with psycopg.connect(self.database.app_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE desk.checkpoints SET stamp = %s, stamped_at = now()"
                " WHERE track = 'sha256' AND size = %s",
                (stamp, size),
            )


def members(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle in their order."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """Pack files as the hub packs them, whatever they are."""
    out = io.BytesIO()
    packing = Packing(out)
    for name, data in files.items():
        packing.add(name, data)
    packing.close()
    return out.getvalue()


def unpacked(bundle: bytes, folder: Path) -> Path:
    """Write the files of a bundle to a folder."""
    for name, data in members(bundle).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def run(verifier: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a verifier as a court's expert would: alone, in an empty environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", verifier, *words],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONIOENCODING": "utf-8"},
        cwd="/",
    )


def consistent(files: dict[str, bytes], manifest: dict[str, Any] | None = None) -> bytes:
    """Pack altered files with every digest in manifest, covers and SHA256SUMS made anew."""
    files = dict(files)
    says = manifest or json.loads(files["manifest.json"])
    before = sha256(files["manifest.json"]).hexdigest().encode()
    unlisted = {"封面.html", "cover.html", "manifest.json", "SHA256SUMS"}
    says["files"] = {
        name: sha256(data).hexdigest() for name, data in files.items() if name not in unlisted
    }
    files["manifest.json"] = json.dumps(says, ensure_ascii=False).encode()
    after = sha256(files["manifest.json"]).hexdigest().encode()
    for name in ("封面.html", "cover.html"):
        files[name] = files[name].replace(before, after)
    del files["SHA256SUMS"]
    sums = [f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    return packed({**files, "SHA256SUMS": "".join(sums).encode()})
