"""Periods: what a code means, and in which period a day lies."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from hub.convergence.period import PeriodKind, period_of, read_period


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-H1", "2026-01-01", "2026-06-30"),
        ("2026-H2", "2026-07-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-03-02", "2026-03-02", "2026-03-02"),
    ],
)
def test_a_code_says_its_first_and_last_day(code: str, first: str, last: str) -> None:
    period = read_period(code)
    assert (str(period.first), str(period.last)) == (first, last)


@pytest.mark.parametrize("code", ["", "26", "2026-13", "2026-Q5", "2026-02-30", "2025-W53", "now"])
def test_what_is_no_period_is_named(code: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_period(code)


@for_all(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(list(PeriodKind)))
def test_a_day_lies_in_its_period_and_periods_follow_one_another(
    day: date, kind: PeriodKind
) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert read_period(period.code) == period
    following = period_of(kind, date.fromordinal(period.last.toordinal() + 1))
    assert following.first.toordinal() == period.last.toordinal() + 1
