"""What a bundle holds, and that it is always the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.adapters.evidence.making import members, run, unpacked

if TYPE_CHECKING:
    from tests.adapters.evidence.making import Court


def test_smoke(court: Court, tmp_path: Path) -> None:
    court.witnessed()
    data, made = court.take()
    print(made)
    Path("/tmp/w/bundle.zip").write_bytes(data)
    folder = unpacked(data, tmp_path / "b")
    done = run(folder / "verify.py", folder)
    print(done.stdout, done.stderr)
    done = run(folder / "verify.py", "/tmp/w/bundle.zip")
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert court.take()[0] == data
    print(list(members(data)))
