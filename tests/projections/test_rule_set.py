"""The terms and policies in force: the nation's, and the city's from its day on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hub.departments.ruleset import NATIONAL, Policy
from projections.rule_set import (
    CITY_DEADLINE_RULES,
    CITY_POLICIES,
    DeadlineInForce,
    deadlines_in_force,
    policies_in_force,
)
from tests.projections.rule_stories import MAY, decided, ours
from tests.projections.stories import NOON

if TYPE_CHECKING:
    import psycopg

    from tests.projections.kit import Given


def reply(connection: psycopg.Connection, on: date) -> DeadlineInForce:
    [row] = [row for row in deadlines_in_force(connection, on) if row.rule_id == "D-05"]
    return row


def test_without_a_rule_of_the_city_the_national_terms_stand(given: Given) -> None:
    connection = given().shown_by(CITY_DEADLINE_RULES)
    rows = deadlines_in_force(connection, MAY)
    assert [row.rule_id for row in rows] == list(NATIONAL)
    row = reply(connection, MAY)
    assert (row.term, row.extendable_by, row.by_law) == (10, 10, True)
    assert (row.source, row.valid_from) == ("Decree 809 §21", None)


def test_the_citys_term_stands_from_its_day_on(given: Given) -> None:
    june = date(2026, 6, 1)
    given(ours(6, june, "长政2号"), ours(7, MAY, "长政1号"))
    connection = given.shown_by(CITY_DEADLINE_RULES)
    assert reply(connection, date(2026, 4, 30)).source == "Decree 809 §21"
    row = reply(connection, MAY)
    assert (row.term, row.extendable_by, row.source, row.valid_from) == (7, 5, "长政1号", MAY)
    assert (row.national_term, row.national_source) == (10, "Decree 809 §21")
    assert (reply(connection, june).term, reply(connection, june).valid_from) == (6, june)


def test_a_later_decision_for_the_same_day_takes_its_place(given: Given) -> None:
    given(ours(7, MAY, "长政1号"), ours(8, MAY, "长政3号"))
    [row] = given.rows(CITY_DEADLINE_RULES)
    assert (row.term, row.document) == (8, "长政3号")


def test_a_term_this_program_does_not_know_is_kept_but_not_in_force(given: Given) -> None:
    given(ours(7, MAY, "长政1号", rule_id="D-99"))
    assert [row.rule_id for row in given.rows(CITY_DEADLINE_RULES)] == ["D-99"]
    rows = deadlines_in_force(given.connection, MAY)
    assert [row.rule_id for row in rows] == list(NATIONAL)


def test_a_policy_has_its_default_until_the_city_decides(given: Given) -> None:
    connection = given().shown_by(CITY_POLICIES)
    before = {row.policy: row for row in policies_in_force(connection)}
    assert list(before) == list(Policy)
    default = before[Policy.SCREENING]
    assert (default.value, default.document, default.changed_at) == ("off", "", None)
    given(decided("on", "长政4号")).shown_by(CITY_POLICIES)
    after = {row.policy: row for row in policies_in_force(connection)}
    own = after[Policy.SCREENING]
    assert (own.value, own.document, own.changed_at) == ("on", "长政4号", NOON)
    assert own.choices == ("off", "on")
    assert after[Policy.DAY_ENDS_AT] == before[Policy.DAY_ENDS_AT]
