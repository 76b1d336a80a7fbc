"""The rules of terms and policies: what a city may change, and from which day it holds."""

from __future__ import annotations

from datetime import date

from hub.actor import Role
from hub.departments import commands as c
from hub.departments import events as e
from hub.departments.due import Duty
from hub.departments.ruleset import RULE_SET_ID, RuleSet, due
from hub.errors import Invalid
from hub.state import States
from tests.hub.departments.city import CITY, DECREE, org, who
from tests.hub.kit import NOON, given

REVIEWER = who("city", Role.AUTHORITY_REVIEWER)


def _rules(*commands: c.SetDeadlineRule | c.ChangePolicy) -> States:
    now = given(*CITY)
    for command in commands:
        now.when(command, REVIEWER).then(
            e.DeadlineRuleSet if isinstance(command, c.SetDeadlineRule) else e.PolicyChanged
        )
    now.states.setdefault(RULE_SET_ID, None)
    now.states.setdefault("departments.calendar:2027", None)
    return States(now.states)


def test_a_city_may_be_stricter_than_the_law_but_not_laxer() -> None:
    shorter = c.SetDeadlineRule(rule_id="D-05", term=7, document="本市暂行办法")
    states = _rules(shorter)
    found = due(states, Duty.REPLY, "D-05", org("tax"), date(2026, 3, 2), NOON)
    assert (found.on, found.rule_version, found.provisional) == (date(2026, 3, 11), 1, False)
    longer = shorter.model_copy(update={"term": 11})
    given(*CITY).when(longer, REVIEWER).refused(Invalid, "stricter")
    unknown = shorter.model_copy(update={"rule_id": "D-99"})
    given(*CITY).when(unknown, REVIEWER).refused(Invalid, "no deadline D-99")


def test_a_rule_applies_from_its_day_on() -> None:
    later = c.SetDeadlineRule(
        rule_id="D-05", term=7, document="本市暂行办法", valid_from=date(2026, 3, 3)
    )
    found = due(_rules(later), Duty.REPLY, "D-05", org("tax"), date(2026, 3, 2), NOON)
    assert found.on == date(2026, 3, 16)


def test_the_day_may_end_at_the_close_of_office() -> None:
    close = c.ChangePolicy(policy="day_ends_at", value="17:30", document="市政府通知")
    found = due(_rules(close), Duty.REPLY, "D-04", org("tax"), date(2026, 3, 2), NOON)
    assert found.ends_at.isoformat() == "2026-03-03T09:30:00+00:00"
    wrong = close.model_copy(update={"value": "16:00"})
    given(*CITY).when(wrong, REVIEWER).refused(Invalid, "17:30")


def test_calendar_day_terms_count_every_day() -> None:
    found = due(_rules(), Duty.AUDIT_ANSWER, "D-23", org("tax"), date(2026, 2, 13), NOON)
    assert found.on == date(2026, 2, 23)


def test_the_rule_set_counts_its_versions() -> None:
    now = given(*CITY)
    for term in (8, 7):
        now.when(c.SetDeadlineRule(rule_id="D-05", term=term, document=DECREE), REVIEWER).then(
            e.DeadlineRuleSet
        )
    state = now.states[RULE_SET_ID]
    assert isinstance(state, RuleSet)
    assert (state.version, state.in_force("D-05", date(2026, 3, 2)).term) == (2, 7)


def test_a_notice_may_be_lengthened_but_not_shortened() -> None:
    notice = c.SetDeadlineRule(rule_id="D-24", term=2, document="本市暂行办法")
    given(*CITY).when(notice, REVIEWER).refused(Invalid, "never less")
    longer = notice.model_copy(update={"term": 5})
    given(*CITY).when(longer, REVIEWER).then(e.DeadlineRuleSet)
