"""A figure of the annual report, opened over HTTP down to its events."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import CIVIL, City

FIGURES = "supervision/figures"


@pytest.fixture
def seen(city: City) -> City:
    """A city whose views have caught up."""
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
    return city


def _year(city: City) -> int:
    with connect(city.database.app_url) as connection:
        row = connection.execute("SELECT max(year) FROM annual_facts").fetchone()
    assert row is not None
    return int(row[0])


def test_the_figures_of_a_year_say_how_they_were_counted(seen: City) -> None:
    answer = seen.get(f"{FIGURES}?year={_year(seen)}", "tax.head")
    assert answer.status_code == 200
    rows = {row["figure"]: row for row in answer.json()["items"]}
    assert rows["departments"]["value"] == "2"
    assert rows["requests_received"]["value"] == "0"
    assert rows["replies_rate"]["value"] == ""
    assert "org.on" in rows["departments"]["formula"]


def test_a_figure_opens_the_events_it_was_counted_from(seen: City) -> None:
    address = f"{FIGURES}/departments/events?year={_year(seen)}&department={quote(CIVIL)}"
    answer = seen.get(address, "civil.head")
    assert answer.status_code == 200
    assert [row["topic"] for row in answer.json()["items"]] == [
        "departments.organization.registered"
    ]
    assert seen.get(f"{address}&position=1", "civil.head").json()["items"] == []


def test_a_strange_figure_is_not_found(seen: City) -> None:
    assert seen.get(f"{FIGURES}/nonsense/events?year=2026", "tax.head").status_code == 404
    assert seen.get(f"{FIGURES}/departments/events?year=1", "tax.head").status_code == 422


def test_figures_are_for_officers(seen: City) -> None:
    assert seen.client.get(f"/api/v1/{FIGURES}?year=2026").status_code == 401
