"""`hub witness` answers wrong use in words, with the exit code for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from adapters.keys import FileSigner
from hub.seal.note import COSIGNATURE, ED25519

if TYPE_CHECKING:
    from pathlib import Path

LOG = FileSigner("shuqiao/yunze", ED25519, b"l" * 32).key.text


def witness(home: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", "witness", *words, "--home", str(home)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert "did not expect" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_an_address_that_is_taken_and_a_file_that_is_not_there_are_said(tmp_path: Path) -> None:
    FileSigner.create(tmp_path / "witness.key", "audit.city", COSIGNATURE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = witness(tmp_path, "run", "--log", LOG, "--listen", address)
    assert (code, f"--listen {address} cannot be taken" in said) == (2, True)

    missing = ("--hub", "http://127.0.0.1:1", "--ca-file", str(tmp_path / "none"))
    code, said = witness(tmp_path, "run", "--log", LOG, *missing)
    assert (code, "--ca-file: there is no file" in said) == (2, True)


@pytest.mark.parametrize("verb", [("status",), ("run", "--log", LOG, "--hub", "http://x")])
def test_the_key_of_a_log_is_no_key_of_a_witness(tmp_path: Path, verb: tuple[str, ...]) -> None:
    FileSigner.create(tmp_path / "witness.key", "shuqiao/yunze", ED25519)

    code, said = witness(tmp_path, *verb)
    assert (code, "is a log's, not a witness's" in said) == (1, True)
