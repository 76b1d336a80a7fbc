"""The hub asks its witnesses: real sealer, real record, witnesses over HTTP that may be dead."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.keys import FileSigner, verify
from adapters.seal import board, cosign
from adapters.seal.after import Hooks
from adapters.seal.policy import is_witnessed
from adapters.witness.memory import Memory
from adapters.witness.push import PushServer
from adapters.witness.witness import Asked, ForkFound, Witness
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, Note
from hub.seal.policy import Policy
from tests.adapters.seal.sealing import SECONDS_MAX, Log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database


class Office:
    """An office with a witness: a key, a folder, an address that may be shut and opened again."""

    def __init__(self, folder: Path, name: str, log: Log) -> None:
        self.name = name
        self.signer = FileSigner(name, COSIGNATURE, name.encode().ljust(32, b"w"))
        self.memory = Memory(folder / name)
        self.witness = Witness(self.memory, self.signer, [log.track.open_signer().key])
        self.port = 0
        self.alarms: list[str] = []

    @contextmanager
    def open(self) -> Iterator[str]:
        server = PushServer(("127.0.0.1", self.port), self.witness, dict, self.alarms.append)
        self.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    @property
    def line(self) -> str:
        return f"witness {self.name} {self.signer.key.text} http://127.0.0.1:{self.port}\n"


@contextmanager
def sealing(log: Log, policy: Policy) -> Iterator[None]:
    """Run the sealer as its process does: hooks on an event loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asked = cosign.hooks(policy, log.files, log.said.append)
    try:
        with log.sealer(hooks=Hooks(asked, loop, log.said.append), policy=policy):
            yield
    finally:
        for each in asked:
            asyncio.run_coroutine_threadsafe(each.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def published(log: Log) -> Note:
    return notes.parse(log.files.checkpoint() or b"")


def until(happened: Any, log: Log) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not happened():
        assert time.monotonic() < deadline, log.said
        time.sleep(0.02)


def standing(log: Log) -> board.Standing:
    with psycopg.connect(log.database.app_url) as connection:
        [found] = board.standings(connection)
    return found


def log_at(database: Database, home: Path) -> Log:
    log = Log(database, home)
    log.append(3)
    log.seal_all()
    return log


def policy_of(offices: list[Office], *more: str) -> Policy:
    return Policy.parse("".join(each.line for each in offices) + "\n".join(more))


def test_each_checkpoint_is_published_with_the_cosignatures_of_the_witnesses(
    database: Database, tmp_path: Path
) -> None:
    log = log_at(database, tmp_path)
    audit, civil = Office(tmp_path, "audit", log), Office(tmp_path, "civil", log)
    with audit.open(), civil.open():
        policy = policy_of([audit, civil], "group both all audit civil", "quorum both")
        with sealing(log, policy):
            for size in (1, 4, 300):
                head = log.sealed(log.append(size))
                until(lambda: is_witnessed(policy, published(log)), log)
                until(lambda head=head: standing(log).witnessed_size == head.size, log)

    latest = audit.memory.latest(head.origin)
    assert latest is not None
    assert (latest.size, latest.root) == (head.size, head.root)
    assert policy.seen_by(published(log), verify).keys() == {"audit", "civil"}


def test_a_dead_witness_does_not_hold_up_the_seal_and_catches_up_when_it_is_back(
    database: Database, tmp_path: Path
) -> None:
    log = log_at(database, tmp_path)
    audit, civil = Office(tmp_path, "audit", log), Office(tmp_path, "civil", log)
    with civil.open():
        pass  # its address is known, and nobody is there
    with audit.open():
        policy = policy_of([audit, civil], "group both all audit civil", "quorum both")
        with sealing(log, policy):
            started = time.monotonic()
            log.sealed(log.append(5))
            seconds = time.monotonic() - started
            until(lambda: "audit" in policy.seen_by(published(log), verify), log)
            without = standing(log)
            with civil.open():
                until(lambda: _all_after_one_more(log, policy), log)

    assert seconds < 2.0
    assert without.witnessed_at is None
    assert any("witness civil cannot be reached" in words for words in log.said)
    assert any("witness civil answers again" in words for words in log.said)


def _all_after_one_more(log: Log, policy: Policy) -> bool:
    log.sealed(log.append(1))
    return is_witnessed(policy, published(log))


def test_enough_of_a_group_is_enough(database: Database, tmp_path: Path) -> None:
    log = log_at(database, tmp_path)
    offices = [Office(tmp_path, name, log) for name in ("audit", "civil", "tax", "health")]
    audit, civil, *away = offices
    for each in away:
        with each.open():
            pass
    with audit.open(), civil.open():
        groups = ("group departments 1 civil tax health", "group sides all audit departments")
        enough = policy_of(offices, *groups, "quorum sides")
        too_few = policy_of(offices, "group departments 2 civil tax health", "quorum departments")
        with sealing(log, enough):
            log.sealed(log.append(5))
            until(lambda: is_witnessed(enough, published(log)), log)

    assert not is_witnessed(too_few, published(log))


def test_a_witness_refuses_the_log_that_has_told_another_story(
    database: Database, tmp_path: Path
) -> None:
    """The log's key signed another tree of the same size elsewhere: it can sign no way out."""
    log = log_at(database, tmp_path)
    audit = Office(tmp_path, "audit", log)
    signer = log.track.open_signer()
    forged = Checkpoint(signer.key.name, 3, b"f" * 32).text
    line = notes.Signature(signer.key.name, signer.key.key_id, signer.sign(forged.encode()))
    with audit.open():
        policy = policy_of([audit], "quorum audit")
        with sealing(log, policy):
            audit.witness.add_checkpoint(Asked(0, (), notes.render(Note(forged, (line,)))))
            log.sealed(log.append(1))
            until(lambda: any("refuses" in words for words in log.said), log)
            log.sealed(log.append(1))

    assert not is_witnessed(policy, published(log))
    assert standing(log).witnessed_at is None
    assert [fork.origin for fork in audit.memory.forks()] == [signer.key.name]
    assert "forked" in audit.alarms[0]


def test_a_restored_backup_that_went_on_otherwise_is_caught_by_the_witness(
    database: Database, tmp_path: Path
) -> None:
    """Even where the guard was wiped with the rest and the key signs what it is told."""
    log = log_at(database, tmp_path)
    audit = Office(tmp_path, "audit", log)
    with audit.open():
        policy = policy_of([audit], "quorum audit")
        with sealing(log, policy):
            head = log.sealed(log.append(4))
            until(lambda: is_witnessed(policy, published(log)), log)
        signer = log.track.open_signer()
        text = Checkpoint(head.origin, head.size, b"o" * 32).text
        line = notes.Signature(signer.key.name, signer.key.key_id, signer.sign(text.encode()))
        with pytest.raises(ForkFound) as found:
            audit.witness.add_checkpoint(Asked(7, (), notes.render(Note(text, (line,)))))

    fork = found.value.fork
    assert (fork.size, fork.origin) == (7, head.origin)
