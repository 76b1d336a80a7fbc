"""OpenSSL's command line agrees that the log's key signed the checkpoint."""

from __future__ import annotations

import base64
import shutil
import subprocess
from typing import TYPE_CHECKING

from adapters.keys import FileSigner
from hub.seal import note
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import ED25519, Note, VerifierKey
from tests.hub.seal.naive import entries, mth

if TYPE_CHECKING:
    from pathlib import Path

# What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
SPKI = bytes.fromhex("302a300506032b6570032100")


def openssl(folder: Path, key: VerifierKey, signed: Note) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl")
    assert program is not None, "tests/referees.py leaves this module out where there is none"
    encoded = base64.b64encode(SPKI + key.public).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"
    (folder / "log.pem").write_text(pem)
    (folder / "text").write_bytes(signed.text.encode())
    (folder / "signature").write_bytes(signed.signatures[0].blob)
    return subprocess.run(
        [
            *(program, "pkeyutl", "-verify", "-pubin", "-inkey", str(folder / "log.pem"), "-rawin"),
            *("-in", str(folder / "text"), "-sigfile", str(folder / "signature")),
        ],
        check=False,
        capture_output=True,
        text=True,
    )


def checkpoint(folder: Path) -> tuple[FileSigner, Note]:
    signer = FileSigner.create(folder / "log.key", "shuqiao/city", ED25519)
    text = Checkpoint("shuqiao/city", 70, mth(entries(70))).text
    line = note.Signature(signer.key.name, signer.key.key_id, signer.sign(text.encode()))
    return signer, note.parse(note.render(Note(text, (line,))))


def test_openssl_verifies_the_signature_of_a_checkpoint(tmp_path: Path) -> None:
    signer, signed = checkpoint(tmp_path)
    answer = openssl(tmp_path, VerifierKey.parse(signer.key.text), signed)

    assert answer.returncode == 0, answer.stderr
    assert "Verified Successfully" in answer.stdout


def test_openssl_rejects_a_text_with_one_character_changed(tmp_path: Path) -> None:
    signer, signed = checkpoint(tmp_path)
    answer = openssl(tmp_path, signer.key, signed._replace(text=signed.text.replace("70", "71")))

    assert answer.returncode != 0
