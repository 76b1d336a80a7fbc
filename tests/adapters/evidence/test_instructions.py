"""The steps with openssl and sha256sum do what the page says, typed exactly as it prints them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.evidence.order import Sources
from tests.adapters.evidence.making import members, run, unpacked
from tests.adapters.seal.authority import Authority

if TYPE_CHECKING:
    from tests.adapters.evidence.making import Court

PAGES = ("说明.txt", "INSTRUCTIONS.txt")
TOOLS = (
    *("sh", "openssl", "sha256sum", "head", "cat", "cut", "sed", "tail", "grep", "mktemp", "mv"),
)


def stamped(court: Court, tmp_path: Path) -> Sources:
    """Have the checkpoint stamped by an authority of our own before the witnesses sign it."""
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = Authority(folder)
    data, query = folder / "data", folder / "stamp.tsq"
    note = court.log.files.checkpoint()
    assert note is not None
    data.write_bytes(note)
    openssl = shutil.which("openssl") or "openssl"
    asking = ("ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    subprocess.run([openssl, *asking], check=True, capture_output=True)
    court.witnessed()
    court.stamped(authority.answer(query.read_bytes()), note)
    return Sources(court.log.files, court.log.settings.witness_policy, authority.root)


def typed(page: str) -> str:
    """Return the commands of a page: the lines that begin with four spaces."""
    return "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))


def follow(folder: Path, page: str, tools: Path) -> subprocess.CompletedProcess[str]:
    """Type the commands into a shell that knows nothing but the tools of the page."""
    if not tools.exists():
        tools.mkdir()
        (tools / "python3").symlink_to(Path(sys.executable).resolve())
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    return subprocess.run(
        [str(tools / "sh"), "-u"],
        input=typed(page),
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": str(tools), "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_step_succeeds_as_printed(court: Court, tmp_path: Path, page: str) -> None:
    court.own_sources = stamped(court, tmp_path)
    data, made = court.take()
    assert (made.witnessed, made.stamped) == (True, True)
    folder = unpacked(data, tmp_path / "folder")
    done = follow(folder, members(data)[page].decode(), tmp_path / "tools")
    said = done.stdout.splitlines()
    for words in ("files", "body", "key", "state", "inclusion", "stamped"):
        assert f"{words}: OK" in said, (words, done)
    assert said.count("Signature Verified Successfully") == 3, done
    assert "Verification: OK" in done.stdout + done.stderr
    assert "= 校验通过 all of it holds" in said
    assert sorted(members(data)) == sorted(
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()
    ), "the steps leave the folder as it was"


def test_a_step_fails_where_something_was_changed(court: Court, tmp_path: Path) -> None:
    court.own_sources = stamped(court, tmp_path)
    data, _ = court.take()
    files = members(data)
    steps = {
        "events/61.json": "state: OK",
        "entries/61": "inclusion: OK",
        "proofs/61.tlog-proof": "inclusion: OK",
        "checkpoint.stamped": "Verification: OK",
        "keys/log.vkey": "key: OK",
        "manifest.json": "files: OK",
    }
    for name, missing in steps.items():
        folder = unpacked(data, tmp_path / name.replace("/", "-"))
        changed = bytearray(files[name])
        changed[-9 if name == "keys/log.vkey" else len(changed) // 3] ^= 1
        (folder / name).write_bytes(changed)
        done = follow(folder, files["INSTRUCTIONS.txt"].decode(), tmp_path / "tools")
        assert missing not in done.stdout.splitlines(), name
        assert "files: OK" not in done.stdout
        assert "校验未通过" in done.stdout or "无法继续" in done.stdout, name


def test_a_stamp_of_something_else_is_found_by_the_verifier(court: Court, tmp_path: Path) -> None:
    court.own_sources = stamped(court, tmp_path)
    folder = unpacked(court.take()[0], tmp_path / "folder")
    done = run(folder / "verify.py", folder)
    assert done.returncode == 0
    assert "check the time stamp with openssl" in done.stdout
    note = (folder / "checkpoint.stamped").read_bytes()
    (folder / "checkpoint.stamped").write_bytes(note + b"x")
    assert "the time stamp is of something else" in run(folder / "verify.py", folder).stdout


def test_a_closed_case_keeps_the_checkpoint_that_was_stamped(court: Court, tmp_path: Path) -> None:
    court.own_sources = stamped(court, tmp_path)
    first, _ = court.take()
    court.log.append(5)
    court.log.seal_all()
    assert court.take()[0] == first
