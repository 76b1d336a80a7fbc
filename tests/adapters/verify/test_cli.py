"""`hub verify` as an auditor meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.adapters.seal.sealing import Log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


def hub(log: Log, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
        "HUB_HOME": str(log.settings.home),
        "HUB_DATABASE_URL": log.database.app_url,
        "HUB_NATS_URL": "nats://127.0.0.1:1",
    }
    command = [sys.executable, "-m", "adapters.cli", "verify", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env)


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    log = Log(database, tmp_path)
    log.append(300)
    log.seal_all()
    return log


def test_it_says_what_it_checked_and_where_the_first_wrong_position_is(log: Log) -> None:
    right = hub(log, "--mirror", str(log.settings.log_dir))
    assert right.returncode == 0, right.stderr
    assert "300, each hashed again from all its columns" in right.stdout
    assert "sealed up to 300" in right.stdout
    assert "All right: 300 events" in right.stdout
    log.superuser("UPDATE record.events SET state = '{\"days\":366}' WHERE position = 17")

    wrong = hub(log)

    assert wrong.returncode == 1
    assert "WRONG, first at position 17:" in wrong.stdout
    assert "- position 17: the row differs from its leaf" in wrong.stdout
    assert "as it stands: sharing.request.submitted in sharing.request:" in wrong.stdout
    assert "changed after the row was sealed" in wrong.stdout
    facts = json.loads(hub(log, "--json").stdout)
    assert (facts["intact"], facts["first_wrong_position"]) == (False, 17)
    assert (facts["events"], facts["sealed"], facts["wrong"][0]["kind"]) == (300, 300, "row")


def test_a_checkpoint_and_a_key_that_others_kept_are_taken(log: Log, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(log.files.checkpoint() or b"")
    key = log.track.open_signer().key.text

    answer = hub(log, "--checkpoint", str(kept), "--key", key, "--json")

    assert answer.returncode == 0, answer.stdout
    assert json.loads(answer.stdout)["checkpoints"][str(kept)] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("record.tar",), "record.tar is not an evidence bundle (.zip)"),
        (("--mirror", "nowhere"), "nowhere is not a mirror"),
        (("--key", "lock"), "a verifier key is written name+8 hex digits+base64"),
        (("--witness", "http://127.0.0.1:1/"), "The witness http://127.0.0.1:1/ does not answer"),
    ],
)
def test_what_cannot_be_verified_is_wrong_use(
    log: Log, words: tuple[str, ...], sentence: str
) -> None:
    answer = hub(log, *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_bundle_is_judged_by_the_verifier_that_travels_in_it(log: Log, tmp_path: Path) -> None:
    bundle = tmp_path / "case.zip"
    bundle.write_bytes(b"not a zip")

    answer = hub(log, str(bundle))

    assert answer.returncode == 1
    assert "not a zip file" in answer.stdout
    assert "Traceback" not in answer.stderr
