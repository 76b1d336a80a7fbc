"""`hub diff` and `hub audit case` as an auditor meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.adapters.test_replay_cli import hub
from tests.hub.sharing.world import GRANT, REQUEST
from tests.projections.kit import record
from tests.projections.sharing.test_sharing_ledger import suspended

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


@pytest.fixture
def story(database: Database) -> Database:
    """A grant of 9 March that was suspended on 1 April 2026."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, suspended().events)
    return database


def test_between_two_days_rows_are_counted_and_listed(story: Database, tmp_path: Path) -> None:
    days = ("2026-03-08", "2026-03-31")
    facts = json.loads(hub(story, tmp_path, "diff", *days, "--json").stdout)
    assert facts["views"]["sharing_ledger"] == {"added": 1, "removed": 0, "changed": 0}
    assert facts["views"]["legal_bases"] == {"added": 0, "removed": 0, "changed": 0}
    ledger = ("2026-03-31", "2026-04-02", "--view", "sharing_ledger")
    listed = json.loads(hub(story, tmp_path, "diff", *ledger, "--json").stdout)
    [row] = listed["rows"]
    assert (row["change"], row["key"]) == ("changed", {"grant_id": GRANT})
    assert (row["before"]["status"], row["after"]["status"]) == ("active", "suspended")
    said = hub(story, tmp_path, "diff", *ledger)
    assert f"~ {GRANT}" in said.stdout
    assert "status: active -> suspended" in said.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("2026-03-31", "2026-03-08"), "the second not before it"),
        (("2026-03-08", "2199-01-01"), "lies in the future"),
        (("2026-03-08", "tomorrow"), "is not a time"),
        (("2026-03-08", "2026-03-09", "--view", "ledgers"), "There is no projection ledgers"),
    ],
)
def test_days_that_cannot_be_compared_are_wrong_use(
    database: Database, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = hub(database, tmp_path, "diff", *words, code=2).stderr
    assert sentence in said
    assert "Traceback" not in said


def test_a_case_is_told_from_its_first_event_to_its_last(story: Database, tmp_path: Path) -> None:
    rows = json.loads(hub(story, tmp_path, "audit", "case", REQUEST, "--json").stdout)
    assert rows[-1]["topic"] == "sharing.grant.suspended"
    assert rows[-1]["at"].endswith("+08:00")
    assert json.loads(rows[-1]["state"])["grant_id"] == GRANT
    said = hub(story, tmp_path, "audit", "case", REQUEST).stdout
    assert "共享申请已提交" in said
    assert "依据: 统计法 第五条" in said
    english = hub(story, tmp_path, "audit", "case", REQUEST, "--english").stdout
    assert "Sharing request submitted" in english
    missing = hub(story, tmp_path, "audit", "case", "sharing.request:none", code=1)
    assert "There is no case" in missing.stderr
