"""A sealed record with a witness and a mirror, copied anew for each case of tampering."""

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg
from uuid_utils.compat import uuid7

from adapters.bench.sample import sample_event
from adapters.keys import FileSigner
from adapters.record.sync import SyncRecord
from adapters.seal import disk
from adapters.seal.growth import Growth
from adapters.seal.store import CHECKPOINT, LogFiles
from adapters.verify.finding import Report
from adapters.verify.run import Asked, verify
from adapters.witness.memory import Memory
from adapters.witness.mirror import Mirror
from adapters.witness.witness import Asked as AskedOfWitness
from adapters.witness.witness import Seen, Witness
from hub.codec import encode
from hub.record import NewEvent, Write
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, Note, Signature, VerifierKey
from hub.seal.policy import Policy
from tests.adapters.seal.sealing import Log
from tests.servers import TEMPLATE, Database

OLD, WITNESSED, HEAD = 300, 700, 750
"""Events in the old backup, at the witnessed checkpoint, and in all."""
EACH = 5
BASE, OLDER = "tampering_base", "tampering_older"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sealed:
    """One copy: its database, its home, and what others keep outside of it."""

    database: Database
    home: Path
    outside: Path

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def witnessed(self) -> Path:
        return self.outside / "witnessed"

    @property
    def mirror(self) -> Path:
        return self.outside / "mirror"

    @property
    def key(self) -> VerifierKey:
        """The log's key as an auditor wrote it down at the beginning."""
        return VerifierKey.parse((self.outside / "key").read_text(encoding="utf-8"))

    @property
    def policy(self) -> Policy:
        return Policy.parse((self.outside / "policy").read_text(encoding="utf-8"))

    def asked(self, *, mirror: bool = True, witness: bool = True) -> Asked:
        return Asked(
            self.database.app_url,
            self.log,
            self.home / "guard",
            self.key,
            self.policy,
            (("audit office", self.witnessed.read_bytes()),) if witness else (),
            mirrors=(self.mirror,) if mirror else (),
        )

    def verify(self, *, mirror: bool = True, witness: bool = True) -> Report:
        return verify(self.asked(mirror=mirror, witness=witness), processes=0)

    def superuser(self, *statements: str) -> None:
        """Do what no role of the hub may: with the triggers off."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                assert connection.execute(statement.encode()).rowcount != 0, statement

    def leaves(self) -> list[bytes]:
        with psycopg.connect(self.database.superuser_url) as connection:
            rows = connection.execute("SELECT leaf FROM record.events ORDER BY position")
            return [bytes(leaf) for (leaf,) in rows]

    def rewrite_tiles(self) -> Checkpoint:
        """Make the log's tiles those of the record as it stands now."""
        shutil.rmtree(self.log / "tile")
        grown = Growth(LogFiles(self.log), 0).add(self.leaves())
        disk.put(self.log, grown.files)
        return Checkpoint(self.key.name, grown.size, grown.root)

    def sign(self, head: Checkpoint, *, stolen: bool = True) -> bytes:
        """Sign a checkpoint with the log's key, or with another that calls itself the same."""
        path = self.home / "secrets" / "log.key"
        if not stolen:
            path = self.home / "secrets" / "false.key"
        signer = FileSigner.of(path, self.key.name)
        blob = signer.sign(head.text.encode())
        return notes.render(Note(head.text, (Signature(head.origin, signer.key.key_id, blob),)))


def copied(base: Sealed, folder: Path, template: str = BASE) -> Sealed:
    """Return a copy of the sealed record that a case may spoil."""
    name = f"tampering_{next(_numbers)}"
    server = base.database.server
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    shutil.copytree(base.home, folder / "home")
    shutil.copytree(base.outside, folder / "outside")
    return Sealed(Database(server, name), folder / "home", folder / "outside")


def gone(one: Sealed) -> None:
    """Drop the database of a copy."""
    with psycopg.connect(one.database.server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {one.database.name} WITH (FORCE)".encode())


def prepared(database: Database, folder: Path) -> Sealed:
    """Record, seal, witness and mirror; keep an older backup on the way."""
    one = Sealed(database, folder / "home", folder / "outside")
    one.home.mkdir(parents=True)
    one.outside.mkdir()
    log = Log(database, one.home)
    _append(database, OLD)
    log.seal_all()
    (one.outside / "key").write_text(log.track.open_signer().key.text, encoding="utf-8")
    _copy_database(database, OLDER)
    _append(database, WITNESSED - OLD)
    log.seal_all()
    _witness(one)
    _append(database, HEAD - WITNESSED)
    log.seal_all()
    return one


def base_database(database: Database) -> Database:
    """Make the database in which the sealed record is prepared."""
    _copy_database(Database(database.server, TEMPLATE), BASE)
    return Database(database.server, BASE)


def _copy_database(database: Database, name: str) -> None:
    with psycopg.connect(database.server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {database.name}".encode())
        connection.execute(
            f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {name} TO hub_app".encode()
        )


def _append(database: Database, events: int) -> None:
    with SyncRecord(database.app_url) as record:
        for _ in range(events // EACH):
            record.append(_write())


def _write() -> Write:
    """A command with five events in a stream of its own; each names its cause."""
    number = str(uuid7())
    stream_id = f"sharing.request:{number}"
    event = msgspec.structs.replace(sample_event(stream_id), causation_id=number)
    new = [
        NewEvent(stream_id, version, event.TOPIC, 1, encode(event))
        for version in range(1, EACH + 1)
    ]
    return Write(number, bytes(32), tuple(new))


def _witness(one: Sealed) -> None:
    """Let a witness cosign what the log published, and mirror its leaves."""
    signed = (one.log / CHECKPOINT).read_bytes()
    signer = FileSigner.of(one.outside / "witness.key", "audit-office", COSIGNATURE)
    witness = Witness(Memory(one.outside / "memory"), signer, [one.key])
    line = witness.add_checkpoint(AskedOfWitness(0, (), signed))
    one.witnessed.write_bytes(signed + line.encode())
    policy = f"log {one.key.text}\nwitness audit-office {signer.key.text}\nquorum audit-office\n"
    (one.outside / "policy").write_text(policy, encoding="utf-8")
    note = notes.parse(signed)
    seen = Seen(Checkpoint.parse(note.text), note, signed)
    Mirror(one.mirror).continue_to(seen, LogFiles(one.log).fetch)
