"""时限与政策 Rule set: the term of every duty; a city's rule applies where it is stricter.

To change the term of a deadline send `SetDeadlineRule`; the national terms stand in `NATIONAL`
below, one line each (DOMAIN §2.2). A term fixed by law can be shortened by a city, never
lengthened: the rule in force is min(national, local). Policies with no law behind them are free.
"""

from datetime import date, datetime, time
from enum import StrEnum
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.departments.calendar import (
    Calendars,
    calendars_at,
    end_of,
    local_day,
    working_days_after,
)
from hub.departments.commands import ChangePolicy, SetDeadlineRule
from hub.departments.due import Due, Duty
from hub.departments.events import DeadlineRuleSet, PolicyChanged, RuleSetEvents
from hub.errors import Invalid
from hub.state import State, States

RULE_SET_ID = "departments.rules:city"
"""One hub serves one city and has one rule set."""


class Unit(StrEnum):
    """What a term counts."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


class DeadlineRule(msgspec.Struct, frozen=True):
    """A term and its extension in `unit`; `by_law` terms can only be shortened."""

    term: int
    extension: int
    unit: Unit
    by_law: bool
    source: str


def _law(
    term: int, source: str, extension: int = 0, unit: Unit = Unit.WORKING_DAYS
) -> DeadlineRule:
    return DeadlineRule(term, extension, unit, by_law=True, source=source)


def _ours(term: int, unit: Unit = Unit.WORKING_DAYS) -> DeadlineRule:
    return DeadlineRule(term, 0, unit, by_law=False, source="product default")


NATIONAL: dict[str, DeadlineRule] = {
    "D-01": _law(10, "Decree 809 §17", extension=5),
    "D-03": _law(2, "Decree 809 §17"),
    "D-03a": _ours(5),
    "D-04": _law(1, "Decree 809 §21"),
    "D-05": _law(10, "Decree 809 §21", extension=10),
    "D-07": _ours(2),
    "D-08": _law(20, "Decree 809 §22"),
    "D-09": _law(10, "Decree 809 §26"),
    "D-10": _ours(10),
    "D-14": _ours(60, Unit.CALENDAR_DAYS),
    "D-14a": _ours(365, Unit.CALENDAR_DAYS),
    "D-15": _ours(10),
    "D-17": _ours(31, Unit.CALENDAR_DAYS),
    "D-18": _ours(59, Unit.CALENDAR_DAYS),
    "D-23": _law(10, "Audit Law §44", unit=Unit.CALENDAR_DAYS),
    "D-24": _law(3, "Audit Law §42", unit=Unit.CALENDAR_DAYS),
    # Grace after the end of a period of the update cycle before freshness is breached (§2.5).
    "K5-realtime": _ours(0, Unit.CALENDAR_DAYS),
    "K5-daily": _ours(1, Unit.CALENDAR_DAYS),
    "K5-weekly": _ours(2, Unit.CALENDAR_DAYS),
    "K5-monthly": _ours(5, Unit.CALENDAR_DAYS),
    "K5-quarterly": _ours(10, Unit.CALENDAR_DAYS),
    "K5-half_yearly": _ours(15, Unit.CALENDAR_DAYS),
    "K5-yearly": _ours(30, Unit.CALENDAR_DAYS),
}
"""The terms the product knows, by the number DOMAIN gives them."""
NOTICES = frozenset({"D-24"})
"""Terms that protect whom they are counted for: a city may lengthen them, never shorten."""


class Policy(StrEnum):
    """What a city may decide for itself; the value is text, its default stands in `POLICIES`."""

    DAY_ENDS_AT = "day_ends_at"
    SCREENING = "screening"
    FORWARDING = "forwarding"


POLICIES: dict[Policy, tuple[str, ...]] = {
    Policy.DAY_ENDS_AT: ("24:00", "17:30"),
    Policy.SCREENING: ("off", "on"),
    Policy.FORWARDING: ("off", "on"),
}
"""The values a policy may take, its default first."""


class Local(msgspec.Struct, frozen=True):
    """A city's own rule with the day from which it is in force."""

    valid_from: date
    rule: DeadlineRule


class RuleSet(State, frozen=True, kw_only=True):
    """The city's own terms and policies; `version` counts every change of them."""

    STREAM = "departments.rules"

    version: int = 0
    local: dict[str, tuple[Local, ...]] = msgspec.field(default_factory=dict)
    policies: dict[Policy, str] = msgspec.field(default_factory=dict)

    def in_force(self, rule_id: str, on: date) -> DeadlineRule:
        """Return the rule in force on a day: the stricter of the national and the city's."""
        national = NATIONAL[rule_id]
        valid = [own.rule for own in self.local.get(rule_id, ()) if own.valid_from <= on]
        if not valid:
            return national
        own = valid[-1]
        if not national.by_law or rule_id in NOTICES:
            return own
        return msgspec.structs.replace(
            own,
            term=min(own.term, national.term),
            extension=min(own.extension, national.extension),
        )

    def policy(self, policy: Policy) -> str:
        """Return a policy's value, its default where the city decided nothing."""
        return self.policies.get(policy, POLICIES[policy][0])


def rules_of(states: States) -> RuleSet:
    """Return the loaded rule set, the national one where the city set nothing."""
    return states.maybe(RuleSet, RULE_SET_ID) or RuleSet()


def due(
    states: States,
    duty: Duty,
    rule_id: str,
    owner_id: str,
    started: date,
    at: datetime,
    *,
    days: int | None = None,
) -> Due:
    """Return when a duty that starts on a day must be done, under the rules in force then.

    `owner_id` is who would be late. `days` replaces the rule's own term where law lets somebody
    set it (an extension granted, a disposal term the provider gave).
    """
    rules, calendars = rules_of(states), calendars_at(states, at)
    rule = rules.in_force(rule_id, started)
    on, provisional = _last_day(rule, rule.term if days is None else days, started, calendars)
    ends = rules.policy(Policy.DAY_ENDS_AT)
    return Due(
        duty=duty,
        rule=rule_id,
        owner_id=owner_id,
        started_on=started,
        on=on,
        ends_at=end_of(on, time.min if ends == "24:00" else time.fromisoformat(ends)),
        rule_version=rules.version,
        calendars=tuple(
            f"{year}/{calendars[year].version if calendars.get(year) else 0}"  # type: ignore[union-attr]  # checked in the same expression
            for year in sorted({started.year, on.year})
        ),
        provisional=provisional,
    )


def _last_day(
    rule: DeadlineRule, days: int, started: date, calendars: Calendars
) -> tuple[date, bool]:
    match rule.unit:
        case Unit.WORKING_DAYS:
            term = working_days_after(started, days, calendars)
            return term.on, term.provisional
        case Unit.CALENDAR_DAYS:
            return date.fromordinal(started.toordinal() + days), False
        case _:
            assert_never(rule.unit)


def evolve(state: RuleSet | None, event: RuleSetEvents) -> RuleSet:
    """Fold the rule set's events."""
    before = state or RuleSet()
    version = before.version + 1
    match event:
        case DeadlineRuleSet():
            rule = DeadlineRule(
                event.term,
                event.extension,
                NATIONAL[event.rule_id].unit,
                by_law=NATIONAL[event.rule_id].by_law,
                source=event.document,
            )
            own = (*before.local.get(event.rule_id, ()), Local(event.valid_from, rule))
            ordered = tuple(sorted(own, key=lambda item: item.valid_from))
            return msgspec.structs.replace(
                before, version=version, local={**before.local, event.rule_id: ordered}
            )
        case PolicyChanged():
            policies = {**before.policies, Policy(event.policy): event.value}
            return msgspec.structs.replace(before, version=version, policies=policies)
        case _:
            assert_never(event)


def set_deadline(
    command: SetDeadlineRule, states: States, by: Actor, at: datetime
) -> DeadlineRuleSet:
    """Set a city's own term; one that law fixes may be shortened, never lengthened."""
    national = NATIONAL.get(command.rule_id)
    if national is None:
        raise Invalid(
            f"there is no deadline {command.rule_id}; the known ones are {', '.join(NATIONAL)}",
            f"没有时限{command.rule_id}，已知时限为{'、'.join(NATIONAL)}",
            where="rule_id",
        )
    if command.rule_id in NOTICES and command.term < national.term:
        raise Invalid(
            f"{command.rule_id} is a notice of {national.term} days by {national.source}; a city"
            " may give more notice, never less",
            f"{command.rule_id}依{national.source}为提前{national.term}日通知，地方不得缩短",
            where="term",
        )
    longer = command.term > national.term or command.extension > national.extension
    if national.by_law and longer and command.rule_id not in NOTICES:
        raise Invalid(
            f"{command.rule_id} is {national.term}+{national.extension} by {national.source};"
            " a city may only be stricter",
            f"{command.rule_id}依{national.source}为{national.term}+{national.extension}，地方只能更严",
            where="term",
        )
    return DeadlineRuleSet(
        at=at,
        by=by,
        rule_set_id=RULE_SET_ID,
        rule_id=command.rule_id,
        term=command.term,
        extension=command.extension,
        valid_from=command.valid_from or local_day(at),
        document=command.document,
    )


def change_policy(command: ChangePolicy, states: States, by: Actor, at: datetime) -> PolicyChanged:
    """Change what a city may decide for itself."""
    allowed = POLICIES.get(Policy(command.policy)) if command.policy in set(Policy) else None
    if allowed is None or command.value not in allowed:
        known = "; ".join(f"{policy}: {'/'.join(values)}" for policy, values in POLICIES.items())
        raise Invalid(
            f"the policies and their values are {known}", f"可选政策及取值：{known}", where="policy"
        )
    return PolicyChanged(
        at=at,
        by=by,
        rule_set_id=RULE_SET_ID,
        policy=command.policy,
        value=command.value,
        document=command.document,
    )
