"""`hub rebuild` and `hub replay` as an operator meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.cli.replay import moment_of
from adapters.cli.trouble import WrongUse
from projections.connect import connect
from projections.directory import organizations
from projections.registry import PROJECTIONS
from tests.projections import kit
from tests.projections.stories import CIVIL, NOON, TAX, registered, renamed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


def hub(
    database: Database, tmp_path: Path, *words: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run `hub` on this database; NATS is somewhere else and not needed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
        "HUB_HOME": str(tmp_path / "home"),
        "HUB_DATABASE_URL": database.app_url,
        "HUB_NATS_URL": "nats://127.0.0.1:1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        env=env,
    )
    assert done.returncode == code, done.stderr
    return done


def test_rebuild_builds_all_or_those_that_are_named(database: Database, tmp_path: Path) -> None:
    with connect(database.app_url) as connection:
        kit.record(connection, [registered(CIVIL), registered(TAX)])
        facts = json.loads(hub(database, tmp_path, "rebuild", "directory", "--json").stdout)
        assert (facts["projections"], facts["position"], facts["pairs"]) == (["directory"], 2, 2)
        assert len(organizations(connection)) == 2
        said = hub(database, tmp_path, "rebuild").stdout
        assert f"built {len(PROJECTIONS)} projections up to position 2" in said
        assert "audit_trail" in said


def test_a_wrong_name_is_wrong_use(database: Database, tmp_path: Path) -> None:
    said = hub(database, tmp_path, "rebuild", "direktory", code=2).stderr
    assert "There is no projection direktory" in said
    assert "Traceback" not in said


def test_replay_shows_the_day_in_its_own_schema(database: Database, tmp_path: Path) -> None:
    with connect(database.app_url) as connection:
        kit.record(connection, [registered(CIVIL), renamed(CIVIL, "新名")])
    facts = json.loads(
        hub(database, tmp_path, "replay", "--until", "1", "--schema", "then", "--json").stdout
    )
    assert facts == {"schema": "then", "position": 1, "as_of": None, "parked": {}}
    day = NOON.date().isoformat()
    said = hub(database, tmp_path, "replay", "--as-of", day, "--schema", "that_day").stdout
    assert "SET search_path TO that_day" in said
    names = {}
    for schema in ("then", "that_day"):
        with connect(database.app_url, schema) as past:
            names[schema] = [one.name for one in organizations(past)]
    assert names == {"then": ["民政局"], "that_day": ["新名"]}


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (("--schema", "x"), "Say either --until POSITION or --as-of TIME", 2),
        (("--schema", "x", "--until", "1", "--as-of", "2026-01-01"), "Say either", 2),
        (("--schema", "x", "--as-of", "tomorrow"), "“tomorrow” is not a time", 2),
        (("--schema", "record", "--until", "0"), "“record” cannot be the schema of a replay", 1),
        (("--schema", "x", "--until", "9"), "the record ends at 0", 1),
    ],
)
def test_what_cannot_be_replayed_is_said(
    database: Database, tmp_path: Path, words: tuple[str, ...], sentence: str, code: int
) -> None:
    said = hub(database, tmp_path, "replay", *words, code=code).stderr
    assert sentence in said
    assert "Traceback" not in said


def test_a_day_means_its_end_in_china() -> None:
    end = datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert end - moment_of("2026-06-30") == timedelta(microseconds=1)
    assert moment_of("2026-06-30T17:30:00") == datetime(2026, 6, 30, 9, 30, tzinfo=UTC)
    assert moment_of("2026-06-30T17:30:00Z") == datetime(2026, 6, 30, 17, 30, tzinfo=UTC)
    with pytest.raises(WrongUse):
        moment_of("2026-06-31")
