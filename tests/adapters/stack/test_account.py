import os
from pathlib import Path

import pytest

from adapters.stack import account
from adapters.stack.account import Account, folder_for, programs_for, reachable

# Not us, whoever runs the tests, and in none of our groups.
STRANGER = Account("stranger", 54_321, 54_321)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def test_a_stranger_does_not_reach_into_a_closed_folder(closed: Path) -> None:
    assert not reachable(closed / "pg", STRANGER)
    assert reachable(Path("/usr/bin"), STRANGER)


def test_programs_a_stranger_cannot_reach_are_copied_once(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SYSTEM", tmp_path / "system")
    for name in ("bin/run", "libs"):
        (closed / name).parent.mkdir(exist_ok=True)
        (closed / name).write_text(name)

    copy = programs_for(STRANGER, closed, "bin", "libs", version="tool-1")
    (closed / "libs").write_text("changed")
    again = programs_for(STRANGER, closed, "bin", "libs", version="tool-1")

    assert copy == again == tmp_path / "system" / "programs" / "tool-1"
    assert (copy / "bin" / "run").read_text() == "bin/run"
    assert (copy / "libs").read_text() == "libs"


def test_an_ordinary_user_runs_the_programs_where_they_are(closed: Path) -> None:
    assert programs_for(None, closed, "bin", version="tool-1") == closed


def test_a_folder_out_of_reach_lies_elsewhere_and_is_linked(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(os, "chown", lambda *_: None)  # only root may give a folder away

    folder = folder_for(closed, "pg", STRANGER)

    assert folder.is_relative_to(tmp_path / "system" / "homes")
    assert (closed / "pg").resolve() == folder
    assert folder_for(closed, "pg", STRANGER) == folder


def test_a_home_that_moved_keeps_its_data_and_a_new_one_starts_empty(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(os, "chown", lambda *_: None)
    (folder_for(closed, "pg", STRANGER) / "data").touch()
    moved = closed.rename(tmp_path / "moved")
    closed.mkdir(mode=0o700)

    new = folder_for(closed, "pg", STRANGER)

    assert (moved / "pg" / "data").exists()
    assert list(new.iterdir()) == []
