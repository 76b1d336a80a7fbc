"""The register of legal bases: found by words, as of a day, with what changed in it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from hub.departments import legal_basis as rule
from projections.legal_bases import LEGAL_BASES, legal_bases, legal_basis
from tests.projections.rule_stories import DECREE, NOTICE, OLD, REGISTER, amended

if TYPE_CHECKING:
    import psycopg

    from tests.projections.kit import Given


@pytest.fixture
def register(given: Given) -> psycopg.Connection:
    return given(*REGISTER).shown_by(LEGAL_BASES)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [OLD, DECREE, NOTICE]),
        ("数据共享", [DECREE, NOTICE]),
        ("数据 条例", [DECREE]),
        ("809", [DECREE]),
        ("〔2024〕14号", [NOTICE]),
        ("长江市人民政府", [NOTICE]),
        ("INTERIM measures", [OLD]),
        ("50%_off", [OLD]),
        ("interim%off", [OLD]),
        ("i_terim", []),
        ("条例 办法", []),
    ],
)
def test_a_document_is_found_by_the_words_of_its_title_number_and_issuer(
    register: psycopg.Connection, words: str, found: list[str]
) -> None:
    assert [row.legal_basis_id for row in legal_bases(register, words=words)] == found


@pytest.mark.parametrize(
    "day",
    [
        date(2015, 1, 1),
        *(date(2025, 7, 31), date(2025, 8, 1)),
        *(date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_what_applies_on_a_day_is_what_the_rule_says(
    register: psycopg.Connection, day: date
) -> None:
    states: dict[str, rule.LegalBasis] = {}
    for event in REGISTER:
        states[event.stream_id] = rule.evolve(states.get(event.stream_id), event)
    applying = {basis_id for basis_id, state in states.items() if state.in_force(day)}
    assert {row.legal_basis_id for row in legal_bases(register, in_force_on=day)} == applying


def test_pages_by_title_follow_one_another(register: psycopg.Connection) -> None:
    first = legal_bases(register, limit=2)
    last = first[-1]
    second = legal_bases(register, after=(last.title, last.legal_basis_id), limit=2)
    assert [row.legal_basis_id for row in (*first, *second)] == [OLD, DECREE, NOTICE]
    [decree] = legal_bases(register, rank="administrative_regulation", words="条例")
    assert decree.legal_basis_id == DECREE


def test_a_document_keeps_the_days_it_changed_and_the_titles_it_had(given: Given) -> None:
    given(*REGISTER[:1], amended(DECREE, date(2026, 5, 1), "新条例"))
    connection = given(amended(DECREE, date(2026, 2, 1))).shown_by(LEGAL_BASES)
    row = legal_basis(connection, DECREE)
    assert row is not None
    assert (row.title, row.former_titles) == ("新条例", ("政务数据共享条例",))
    assert [each.changed_on for each in row.amendments] == [date(2026, 2, 1), date(2026, 5, 1)]
    assert row.amended_on == date(2026, 5, 1)
    assert legal_bases(connection, words="政务数据共享条例") == [row]
    assert legal_basis(connection, OLD) is None


def test_a_repealed_document_says_since_when_and_why(register: psycopg.Connection) -> None:
    row = legal_basis(register, OLD)
    assert row is not None
    assert (row.repealed_on, row.repeal_reason) == (date(2025, 8, 1), "新法施行")
