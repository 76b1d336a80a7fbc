"""A hub, a department's adapter and an audit office, each a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2
import pytest

from adapters.keys import FileSigner, verify
from adapters.witness.memory import Memory
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, Note
from hub.seal.policy import Policy
from tests.adapters.connectors.running import Department, RunningHub, until
from tests.hub.departments.city import CITY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database

CIVIL, AUDIT = "civil.yunze", "audit.yunze"


@dataclass
class SealedHub:
    """The running hub and its sealer; who witnesses is decided before it starts."""

    hub: RunningHub
    folder: Path
    signers: dict[str, FileSigner] = field(default_factory=dict)

    def begin(self) -> None:
        lines = []
        for name in (CIVIL, AUDIT):
            path = self.state(name) / "witness.key"
            self.signers[name] = FileSigner.create(path, name, COSIGNATURE)
            lines.append(f"witness {name} {self.signers[name].key.text}")
        lines += [f"group both all {CIVIL} {AUDIT}", "quorum both"]
        self.hub.home.mkdir()
        (self.hub.home / "policy").write_text("\n".join(lines), encoding="utf-8")
        self.hub.seed()
        self.hub.start()
        environment = os.environ | {
            "HUB_DATABASE_URL": self.hub.database.app_url,
            "HUB_HOME": str(self.hub.home),
        }
        sealer = subprocess.Popen([sys.executable, "-m", "adapters.seal"], env=environment)
        self.hub.processes.append(sealer)
        until((self.log / "checkpoint").exists, "the first checkpoint")

    def state(self, name: str) -> Path:
        return self.folder / name / ("hub-adapter/witness" if name == CIVIL else "")

    @property
    def log(self) -> Path:
        return self.hub.home / "log"

    @property
    def key(self) -> str:
        return (self.log / "key").read_text(encoding="utf-8").strip()

    @property
    def policy(self) -> Policy:
        return Policy.parse((self.hub.home / "policy").read_text(encoding="utf-8"))

    def published(self) -> Note:
        return notes.parse(httpx2.get(f"{self.hub.url}/log/checkpoint").content)

    def size(self) -> int:
        return Checkpoint.parse(self.published().text).size

    def seen_by(self) -> set[str]:
        return set(self.policy.seen_by(self.published(), verify))

    def audit(self, *words: str) -> list[str]:
        program = [sys.executable, "-m", "adapters.cli", "witness", *words]
        return [*program, "--home", str(self.state(AUDIT))]

    def department(self) -> Department:
        civil = Department(self.hub, self.folder / CIVIL)
        civil.folder.mkdir(exist_ok=True)
        return civil._write(  # noqa: SLF001 - as its own verbs do
            f'[witness]\nlog_key = "{self.key}"\nname = "{CIVIL}"\nevery_seconds = 1\n'
        )

    def hand_in(self, body: bytes) -> httpx2.Response:
        return httpx2.post(f"{self.hub.url}/log/add-cosignature", content=body)


@pytest.fixture
def sealed(database: Database, tmp_path: Path) -> Iterator[SealedHub]:
    one = SealedHub(RunningHub(database, tmp_path / "home"), tmp_path)
    try:
        one.begin()
        yield one
    finally:
        one.hub.stop()


def test_a_department_and_the_audit_office_make_a_checkpoint_witnessed(sealed: SealedHub) -> None:
    civil = sealed.department()
    follow = ("run", "--log", sealed.key, "--hub", sealed.hub.url, "--every", "0.3")
    office = subprocess.Popen(sealed.audit(*follow), stderr=subprocess.PIPE, text=True)
    adapter = civil.running()
    try:
        until(lambda: sealed.seen_by() == {CIVIL, AUDIT}, "both to cosign")
        first = sealed.size()
        sealed.hub.record(CITY[-1])
        until(lambda: sealed.size() > first, "the next one")
        until(lambda: sealed.seen_by() == {CIVIL, AUDIT}, "both to cosign again")
    finally:
        for process in (office, adapter):
            process.send_signal(signal.SIGTERM)
        _, said = office.communicate(timeout=20)
        adapter.wait(timeout=20)

    shown = httpx2.get(f"{sealed.hub.url}/api/v1/seal/checkpoint").json()
    status = subprocess.run(sealed.audit("status"), capture_output=True, text=True, check=False)
    mirrored = (sealed.state(AUDIT) / "mirror" / "checkpoint").read_bytes()
    assert shown["witnessed"] is True
    assert status.returncode == 0
    assert "0 checkpoints" not in status.stdout
    assert notes.parse(mirrored).text == sealed.published().text
    assert "Traceback" not in said
    assert "the log is as it should be" in said
    assert civil.verb("check").stdout.count("is signed by the key in log_key") == 1


def test_only_a_witness_of_the_policy_may_sign_and_only_what_the_log_has_signed(
    sealed: SealedHub,
) -> None:
    text = sealed.published().text
    head = Checkpoint.parse(text)
    stranger = FileSigner("stranger", COSIGNATURE, b"s" * 32)
    audit = sealed.signers[AUDIT]
    other = Checkpoint(head.origin, head.size, b"o" * 32).text
    statuses = [
        sealed.hand_in(body).status_code
        for body in (
            _cosigned(text, stranger),
            _cosigned(other, audit),
            _cosigned(text, audit).replace(b"audit", b"civil"),
            _cosigned(text, audit, 2**63 - 1),
            b"nonsense",
            b"x" * 70_000,
        )
    ]
    before = sealed.seen_by()
    taken = sealed.hand_in(_cosigned(text, audit))
    until(lambda: sealed.seen_by() == {AUDIT}, "the cosignature in the file")
    again = sealed.hand_in(_cosigned(text, audit) + _line(text, audit) * 90)
    (sealed.hub.home / "policy").unlink()
    unwanted = sealed.hand_in(_cosigned(text, audit))

    assert statuses == [403, 404, 403, 403, 400, 413]
    assert before == set()
    assert (taken.status_code, taken.json()) == (
        200,
        {"size": head.size, "witnesses": [AUDIT], "witnessed": False},
    )
    assert again.status_code == 200
    assert unwanted.status_code == 403
    assert "no witness is configured" in unwanted.json()["details"]["en"]
    assert len(sealed.published().signatures) == 2


def test_a_hub_whose_key_signs_another_history_is_refused_by_the_office(
    sealed: SealedHub,
) -> None:
    """Somebody with the log's key and folder puts a forged tree in the place of the true one."""
    follow = ("run", "--log", sealed.key, "--hub", sealed.hub.url, "--every", "0.3")
    office = subprocess.Popen(sealed.audit(*follow), stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: AUDIT in sealed.seen_by(), "the first cosignature")
        head = Checkpoint.parse(sealed.published().text)
        thief = FileSigner.read(sealed.hub.home / "secrets" / "log.key")
        text = Checkpoint(head.origin, head.size, b"f" * 32).text
        line = notes.Signature(thief.key.name, thief.key.key_id, thief.sign(text.encode()))
        (sealed.log / "checkpoint").write_bytes(notes.render(Note(text, (line,))))
        memory = Memory(sealed.state(AUDIT))
        until(memory.forks, "the office to see it")
    finally:
        office.send_signal(signal.SIGTERM)
        _, said = office.communicate(timeout=20)

    status = subprocess.run(sealed.audit("status"), capture_output=True, text=True, check=False)
    again = subprocess.run(
        sealed.audit(
            *("acknowledge", "--origin", head.origin, "--by", "李审计", "--reason", "密钥被盗")
        ),
        capture_output=True,
        check=False,
    )
    assert "ALARM" in said
    assert status.returncode == 1
    assert "FORKED" in status.stdout
    assert again.returncode == 0
    assert memory.open_fork(head.origin) is None


def _line(text: str, signer: FileSigner) -> bytes:
    return _cosigned(text, signer).rpartition(b"\n\n")[2]


def _cosigned(text: str, signer: FileSigner, at: int = 1_790_000_000) -> bytes:
    signed = signer.sign(notes.cosignature_message(text, at))
    return notes.render(Note(text, (notes.cosignature(signer.key, at, signed),)))
