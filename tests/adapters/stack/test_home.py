import stat
from pathlib import Path

import pytest

from adapters.stack.home import Home, Running
from adapters.stack.problem import StackProblem


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(home: Home) -> None:
    first = home.secret("nats")
    file = home.path / "secrets" / "nats"

    assert home.secret("nats") == first
    assert home.secret("another") != first
    assert len(first) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_one_home_is_held_by_one_command_at_a_time(home: Home) -> None:
    with home.alone() as ours, Home(home.path).alone() as theirs:
        assert (ours, theirs) == (True, False)
    with home.alone() as ours:
        assert ours


def test_what_runs_is_known_until_its_command_ends(home: Home) -> None:
    running = Running(1, "hub", 5432, 4222, "http://127.0.0.1:8000")
    with home.alone():
        home.announce(running)
        assert home.running() == running
    assert home.running() is None


def test_a_full_disk_is_said_before_anything_starts(home: Home) -> None:
    with pytest.raises(StackProblem, match=r"has only \d+ MB free and the hub needs 10"):
        home.make(disk_free_mb_min=10**9)


def test_a_home_that_cannot_be_made_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackProblem, match=r"cannot be used: Not a directory\. Choose another"):
        Home(tmp_path / "file" / "home").make()
