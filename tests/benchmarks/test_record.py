"""The benches of the record run and tell what they compared; how fast is not a test's business."""

import psycopg

from adapters.bench.append import append
from adapters.bench.cost import cost
from adapters.bench.figure import Figure
from adapters.bench.growth import growth
from adapters.bench.replay import replay
from projections.reader import head
from tests.servers import Database


def _told(figures: list[Figure]) -> list[str]:
    for figure in figures:
        assert figure.ours > 0
        assert figure.other > 0
        assert figure.ratio > 0
        assert figure.other_is
        assert figure.unit
    return [figure.name for figure in figures]


def test_append_is_measured_against_the_stock_library(database: Database) -> None:
    assert _told(append(database.app_url, seconds=0.3)) == ["append (async)", "append (threads)"]
    with psycopg.connect(database.app_url) as connection:
        stock = connection.execute("SELECT count(*) > 0 FROM stock.application_events").fetchone()
        assert stock == (True,)
        assert head(connection) > 0


def test_replay_and_cost_fill_the_record_as_far_as_they_need(database: Database) -> None:
    assert _told(replay(database.app_url, events=3_000)) == ["replay"]
    assert _told(cost(database.app_url, events=4_000)) == ["cost"]
    with psycopg.connect(database.app_url) as connection:
        assert 4_000 <= head(connection) < 4_010


def test_growth_alternates_between_a_large_and_a_small_record(
    database: Database,
) -> None:
    url = database.app_url
    assert _told(growth(url, url, many=1_000, few=100, rounds=2, round_seconds=0.1)) == ["growth"]
