"""What a witness tells people, and when it looks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.witness.pull import Outcome, Puller, Step
from adapters.witness.running import AlreadyRunning, Watch, alone
from tests.adapters.witness.toylog import ORIGIN, witness_at

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Step(Outcome.COSIGNED, 5, "cosigned 5 leaves")
AWAY = Step(Outcome.AWAY, 0, "the hub cannot be reached")
FORKED = Step(Outcome.FORKED, 5, "the log has forked")


class Told(Puller):
    """A puller that looks at a list instead of a hub, and a clock that is set by hand."""

    def __init__(self, folder: Path, *steps: Step) -> None:
        super().__init__(witness_at(folder), ORIGIN, log=None)  # type: ignore[arg-type] # not asked
        self.steps = list(steps)
        self.now = 100.0
        self.said: list[str] = []
        self.alarms: list[str] = []
        self.watch = Watch(self, 5.0, self.said.append, self.alarms.append, lambda: self.now)

    def step(self) -> Step:
        return self.steps.pop(0)

    def look(self) -> float:
        """Look once; return the seconds until the next look."""
        self.watch.look()
        return self.watch.seconds_left


def test_all_is_well_is_said_once(tmp_path: Path) -> None:
    told = Told(tmp_path, GOOD, GOOD._replace(size=9), Step(Outcome.UNCHANGED, 9, "nothing new"))

    pauses = [told.look() for _ in range(3)]

    assert pauses == [5.0, 5.0, 5.0]
    assert len(told.said) == 1
    assert told.alarms == []


def test_a_hub_that_is_away_is_said_once_and_asked_more_and_more_slowly(tmp_path: Path) -> None:
    told = Told(tmp_path, *[AWAY] * 6, GOOD)

    pauses = [told.look() for _ in range(7)]

    assert pauses == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 5.0]
    assert told.alarms == [AWAY.sentence]
    assert len(told.said) == 1


def test_a_fork_is_told_at_once_and_every_hour(tmp_path: Path) -> None:
    told = Told(tmp_path, GOOD, *[FORKED] * 4)
    for seconds in (0, 5, 5, 3600, 5):
        told.now += seconds
        assert told.look() == 5.0

    assert told.alarms == [FORKED.sentence] * 2


def test_a_hub_that_does_not_want_us_is_watched_all_the_same(tmp_path: Path) -> None:
    unwanted = [
        Step(Outcome.NOT_TAKEN, size, f"cosigned {size} leaves, but …") for size in (5, 6, 77)
    ]
    told = Told(tmp_path, *unwanted)

    assert [told.look() for _ in unwanted] == [5.0, 5.0, 5.0]
    assert told.alarms == ["cosigned 5 leaves, but …"]


def test_two_processes_are_not_one_witness(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(AlreadyRunning, match="already"), alone(tmp_path):
        raise AssertionError

    with alone(tmp_path):
        """Free again."""
