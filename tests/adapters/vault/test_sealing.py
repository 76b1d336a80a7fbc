"""Key file, data keys, salts: what can be opened by whom, and what by nobody."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from adapters.vault.sealing import MasterKey, VaultProblem, throw_away
from hub.personal import is_commitment

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.vault.sealing import DataKey

CLERK = "person:tax.clerk"


def key_of(master: MasterKey, subject_id: str = CLERK, generation: int = 0) -> DataKey:
    key = master.unwrap(subject_id, generation, master.new_key(subject_id, generation))
    assert key is not None
    return key


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "personal.key"
    with ThreadPoolExecutor(8) as pool:
        ids = {master.key_id for master in pool.map(MasterKey.at, [path] * 8)}
    assert len(ids) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["personal.key"]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", b"QUFBQQ=="])
def test_a_damaged_key_file_is_said_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "personal.key"
    path.write_bytes(content)
    with pytest.raises(VaultProblem, match="Put the right file back"):
        MasterKey.at(path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(VaultProblem, match="setting personal_key"):
        MasterKey.at(tmp_path / "file" / "personal.key")


def test_the_same_command_makes_the_same_commitment_and_any_other_another(
    master: MasterKey,
) -> None:
    key = key_of(master)
    first, sealed = key.seal("command-1", "AppointOfficer", "name", "王芳")
    assert is_commitment(first)
    again, otherwise_sealed = key.seal("command-1", "AppointOfficer", "name", "王芳")
    assert again == first
    assert otherwise_sealed != sealed
    others = {
        key.seal("command-2", "AppointOfficer", "name", "王芳")[0],
        key.seal("command-1", "AppointOfficer", "phone", "王芳")[0],
        key.seal("command-1", "AppointOfficer", "name", "王方")[0],
        key_of(master).seal("command-1", "AppointOfficer", "name", "王芳")[0],
        throw_away(CLERK).seal("command-1", "AppointOfficer", "name", "王芳")[0],
    }
    assert len(others | {first}) == 6


def test_a_sealed_text_is_opened_by_its_key_for_its_commitment_only(master: MasterKey) -> None:
    key = key_of(master)
    committed, sealed = key.seal("command-1", "AppointOfficer", "name", "王芳")
    other, _ = key.seal("command-2", "AppointOfficer", "name", "王芳")
    assert key.open(committed, sealed) == "王芳"
    assert key.open(other, sealed) is None
    assert key.open(committed, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert key.open(committed, b"") is None
    assert key_of(master).open(committed, sealed) is None


def test_a_wrapped_key_is_opened_by_its_key_file_for_its_subject_and_generation(
    master: MasterKey, tmp_path: Path
) -> None:
    wrapped = master.new_key(CLERK, 3)
    assert master.unwrap(CLERK, 3, wrapped) is not None
    assert master.unwrap(CLERK, 4, wrapped) is None
    assert master.unwrap("person:tax.other", 3, wrapped) is None
    assert MasterKey.at(tmp_path / "other.key").unwrap(CLERK, 3, wrapped) is None
