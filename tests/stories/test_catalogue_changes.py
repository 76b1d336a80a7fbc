"""The story of a change stream, on a small one of its own: what it must find, and its own proof."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from hub.catalog.events import CatalogEntryPublished, CatalogEntryWithdrawn
from projections import reader
from tests.stories.catalogue_changes import (
    CHECKED_DATES,
    Change,
    Story,
    changes,
    compare,
    dates,
    fold,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database

pytestmark = pytest.mark.anyio

FIRST = datetime(2024, 1, 8, 3, 0, tzinfo=UTC)
DATASETS = 8
ROUNDS = 5
DIGEST = "5c" * 32


def lines() -> Iterator[dict[str, Any]]:
    """Eight datasets of two agencies: added, changed, told again, removed, added again."""
    for number in range(ROUNDS * DATASETS):
        which, turn = number % DATASETS, number // DATASETS
        if turn == 3 and which % 2:
            turn = 1  # the same again as in the second round, after a removal or a change
        removed = turn == 2 and which < 3
        yield {
            "ts": (FIRST + timedelta(days=number, minutes=number)).isoformat(),
            "op": "removed" if removed else ("added" if turn == 0 else "changed"),
            "agency": f"agency-{which % 2}",
            "id": f"set-{which}",
            **({} if removed else content(which, turn)),
        }


def content(which: int, turn: int) -> dict[str, Any]:
    return {
        "title": f"Permits {which}",
        "publisher": "Office of Permits",
        "license": None,
        "accrualPeriodicity": "R/P1M" if turn < 4 else "R/P1Y",
        "theme": ["permits"],
        "distributions": 1 + (turn if which != 7 else 0),  # one dataset never really changes
        "fields": 9,
    }


@pytest.fixture
def stream(tmp_path: Path) -> list[Change]:
    path = tmp_path / "changes.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines())
    return changes(path)


def counted(url: str, topic: str) -> int:
    with psycopg.connect(url) as connection:
        return sum(len(page.events) for page in reader.pages(connection, 0, topics=[topic]))


async def test_every_change_of_substance_is_an_event_and_a_second_run_makes_none(
    database: Database, stream: list[Change]
) -> None:
    async with PostgresRecord(database.app_url) as record:
        story = Story(record, DIGEST)
        await story.begin(stream)
        told, _ = await story.live(stream)
        again = await Story(record, DIGEST).live(stream)

    assert told == of_substance(stream) < len(stream)
    assert counted(database.app_url, CatalogEntryWithdrawn.TOPIC) == 3
    assert counted(database.app_url, CatalogEntryPublished.TOPIC) == told - 3
    assert again == (0, 0)


def of_substance(stream: list[Change]) -> int:
    """Count in the file alone the changes that change what stands."""
    standing: dict[str, object] = {}
    real = 0
    for change in stream:
        if standing.get(change.entry_id) != change.content:
            real += 1
        standing[change.entry_id] = change.content
    return real


async def test_the_catalogue_of_any_date_is_the_fold_of_the_file_up_to_it(
    database: Database, stream: list[Change], capsys: pytest.CaptureFixture[str]
) -> None:
    async with PostgresRecord(database.app_url) as record:
        story = Story(record, DIGEST)
        await story.begin(stream)
        await story.live(stream)

    assert compare(database.app_url, stream) == 0
    assert capsys.readouterr().out.count(" equal") == CHECKED_DATES
    sizes = {len(fold(stream, moment)) for moment in dates(stream)}
    assert min(sizes) < DATASETS - 2 < DATASETS == max(sizes)


async def test_the_comparison_finds_a_change_that_was_left_out(
    database: Database, stream: list[Change]
) -> None:
    async with PostgresRecord(database.app_url) as record:
        story = Story(record, DIGEST)
        await story.begin(stream)
        await story.live(stream[:-1])

    assert compare(database.app_url, stream) == 1
