"""时限与政策 Rule set: the terms and policies in force, the nation's and the city's own.

Two tables hold what the city set: its own terms from a day on, and its policies. What is in
force on a day is answered by `hub.departments.ruleset`, the same rule that counts every deadline.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import psycopg

from hub.departments.events import DeadlineRuleSet, PolicyChanged
from hub.departments.ruleset import (
    NATIONAL,
    POLICIES,
    DeadlineRule,
    Local,
    Policy,
    RuleSet,
    Unit,
)
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class CityRuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A city's own term and extension for a duty, from a day on, by a document of the city."""

    rule_id: str
    valid_from: date
    term: int
    extension: int
    document: str
    set_at: datetime


class CityPolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the city decided last where law leaves it free."""

    policy: str
    value: str
    document: str
    changed_at: datetime


class DeadlineInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The term of a duty in force on a day, and who set it.

    `by_law`: a city may only be stricter. `source` is the law or the city's document; `valid_from`
    is the day of the city's rule, None where the national one applies. The national term stands
    beside it. `title` says what the term is for, in the reader's language.
    """

    rule_id: str
    title: str = ""
    term: int
    extendable_by: int
    unit: Unit
    by_law: bool
    source: str
    valid_from: date | None
    national_term: int
    national_source: str


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True):
    """A policy's value; without a `document` it is the default, the first of its `choices`."""

    policy: Policy
    title: str = ""
    value: str
    choices: tuple[str, ...]
    document: str = ""
    changed_at: datetime | None = None


def rule_keys(event: DeadlineRuleSet, recorded: Recorded) -> Iterable[Key]:
    """Return the term and the day it begins."""
    del recorded
    return ((event.rule_id, event.valid_from),)


def rule_fold(
    key: Key, row: CityRuleRow | None, event: DeadlineRuleSet, recorded: Recorded
) -> CityRuleRow:
    """Take the newest decision for the day."""
    del key, row, recorded
    return CityRuleRow(
        rule_id=event.rule_id,
        valid_from=event.valid_from,
        term=event.term,
        extension=event.extension,
        document=event.document,
        set_at=event.at,
    )


CITY_DEADLINE_RULES = Projection(
    name="city_deadline_rules",
    version=1,
    row=CityRuleRow,
    key=("rule_id", "valid_from"),
    reads=(DeadlineRuleSet,),
    keys=rule_keys,
    fold=rule_fold,
)


def policy_keys(event: PolicyChanged, recorded: Recorded) -> Iterable[Key]:
    """Return the policy."""
    del recorded
    return ((event.policy,),)


def policy_fold(
    key: Key, row: CityPolicyRow | None, event: PolicyChanged, recorded: Recorded
) -> CityPolicyRow:
    """Take the newest decision."""
    del key, row, recorded
    return CityPolicyRow(
        policy=event.policy, value=event.value, document=event.document, changed_at=event.at
    )


CITY_POLICIES = Projection(
    name="city_policies",
    version=1,
    row=CityPolicyRow,
    key=("policy",),
    reads=(PolicyChanged,),
    keys=policy_keys,
    fold=policy_fold,
)


def city_rules(connection: psycopg.Connection) -> list[CityRuleRow]:
    """Return every term the city ever set for itself, by rule and day."""
    with connection.cursor(row_factory=as_row(CityRuleRow)) as cursor:
        return cursor.execute(
            """
            SELECT rule_id, valid_from, term, extension, document, set_at
              FROM city_deadline_rules
             ORDER BY rule_id, valid_from
            """
        ).fetchall()


def deadlines_in_force(connection: psycopg.Connection, on: date) -> list[DeadlineInForce]:
    """Return the term of every duty in force on a day: the city's where it set one."""
    local: dict[str, tuple[Local, ...]] = {}
    for own in city_rules(connection):
        if (national := NATIONAL.get(own.rule_id)) is not None:
            rule = DeadlineRule(
                own.term, own.extension, national.unit, national.by_law, own.document
            )
            local[own.rule_id] = (*local.get(own.rule_id, ()), Local(own.valid_from, rule))
    rules = RuleSet(local=local)
    return [_deadline(rules, rule_id, on) for rule_id in NATIONAL]


def _deadline(rules: RuleSet, rule_id: str, on: date) -> DeadlineInForce:
    rule, national = rules.in_force(rule_id, on), NATIONAL[rule_id]
    begun = [own.valid_from for own in rules.local.get(rule_id, ()) if own.valid_from <= on]
    return DeadlineInForce(
        rule_id=rule_id,
        term=rule.term,
        extendable_by=rule.extension,
        unit=rule.unit,
        by_law=rule.by_law,
        source=rule.source,
        valid_from=max(begun, default=None),
        national_term=national.term,
        national_source=national.source,
    )


def policies_in_force(connection: psycopg.Connection) -> list[PolicyInForce]:
    """Return the value of every policy: the city's where it decided, else the default."""
    with connection.cursor(row_factory=as_row(CityPolicyRow)) as cursor:
        decided = {
            row.policy: row
            for row in cursor.execute(
                "SELECT policy, value, document, changed_at FROM city_policies"
            )
        }
    return [_policy(policy, decided.get(policy)) for policy in Policy]


def _policy(policy: Policy, own: CityPolicyRow | None) -> PolicyInForce:
    choices = POLICIES[policy]
    if own is None:
        return PolicyInForce(policy=policy, value=choices[0], choices=choices)
    return PolicyInForce(
        policy=policy,
        value=own.value,
        choices=choices,
        document=own.document,
        changed_at=own.changed_at,
    )
