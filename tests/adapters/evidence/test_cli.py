"""`hub audit export` and `hub verify BUNDLE` as an operator meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.hub.sharing.world import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.evidence.making import Court


def hub(court: Court, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `hub` on this court's home and database; NATS is not needed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
        "HUB_HOME": str(court.home),
        "HUB_DATABASE_URL": court.database.app_url,
        "HUB_NATS_URL": "nats://127.0.0.1:1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        env=env,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_bundle_is_written_and_verified_at_the_command_line(court: Court, tmp_path: Path) -> None:
    court.witnessed()
    bundle = tmp_path / "case.zip"
    said = hub(court, "audit", "export", "--case", REQUEST, "-o", bundle).stdout
    assert "5 events" in said
    assert "witnessed" in said
    assert "校验通过 all of it holds" in hub(court, "verify", bundle).stdout
    whole = tmp_path / "whole.zip"
    facts = json.loads(hub(court, "audit", "export", "--all", "-o", whole, "--json").stdout)
    assert (facts["events"], facts["bytes"]) == (68, whole.stat().st_size)
    with zipfile.ZipFile(bundle) as packed:
        assert packed.testzip() is None
    changed = bytearray(bundle.read_bytes())
    changed[200] ^= 1
    bundle.write_bytes(changed)
    hub(court, "verify", bundle, code=1)


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        ((), "Say one of --case ID", 2),
        (("--case", REQUEST, "--all"), "Say one of --case ID", 2),
        (("--case", "sharing.request:none"), "has no event of the case", 1),
        (("--period", "2026-03-09", "2026-03-01"), "before it begins", 1),
        (("--period", "soon", "2026-03-01"), "“soon” is not a day", 2),
        (("--period", "2030-03-01", "2030-03-02"), "nothing happened", 1),
    ],
)
def test_what_cannot_be_exported_is_said(
    court: Court, tmp_path: Path, words: tuple[str, ...], sentence: str, code: int
) -> None:
    bundle = tmp_path / "out" / "bundle.zip"
    bundle.parent.mkdir()
    said = hub(court, "audit", "export", *words, "-o", bundle, code=code).stderr
    assert sentence in said
    assert list(bundle.parent.iterdir()) == []


def test_where_no_file_can_be_written_it_is_said(court: Court, tmp_path: Path) -> None:
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    said = hub(court, "audit", "export", "--all", "-o", there, code=2).stderr
    assert "is there already" in said
    assert there.read_bytes() == b"mine"
    nowhere = tmp_path / "none" / "bundle.zip"
    assert (
        "There is no folder" in hub(court, "audit", "export", "--all", "-o", nowhere, code=2).stderr
    )
    # Not even the superuser writes there.
    said = hub(court, "audit", "export", "--all", "-o", "/proc/bundle.zip", code=2).stderr
    assert "/proc cannot be written to" in said


def test_before_anything_is_sealed_there_is_no_bundle(court: Court, tmp_path: Path) -> None:
    (court.log.files.folder / "checkpoint").unlink()
    said = hub(court, "audit", "export", "--all", "-o", tmp_path / "b.zip", code=1).stderr
    assert "nothing is sealed yet" in said
