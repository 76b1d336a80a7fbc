"""Events for the tests of projections: real ones of the first chapter, and made-up duties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hub.actor import Actor, Role, Via
from hub.codec import register
from hub.departments.due import Due, Duty
from hub.departments.events import (
    DutiesTransferred,
    OfficerAppointed,
    OfficerRelieved,
    OrganizationDeactivated,
    OrganizationRegistered,
    OrganizationRenamed,
    SharingUnitDesignated,
)
from hub.departments.kinds import OrganizationKind
from hub.event import Event
from projections.audit_trail import AUDIT_TRAIL
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY, OFFICERS

CORE = (DIRECTORY, OFFICERS, DEADLINES, AUDIT_TRAIL)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CITY = "departments.organization:city"
CIVIL = "departments.organization:civil"
TAX = "departments.organization:tax"
WANG = Actor(CITY, "wang.fang", Role.AUTHORITY_REVIEWER, Via.API)
AWKWARD = '民政局 "一"\t\\n{a,b}\n\x01end\\'
"""A name with everything that has a meaning in CSV, JSON and arrays."""


class PromiseEvent(Event, frozen=True, kw_only=True):
    STREAM = "promise_id"

    promise_id: str


class PromiseMade(PromiseEvent, frozen=True, kw_only=True):
    """A made-up duty begins."""

    TOPIC = "tests.promise.made"

    due: Due | None = None


class PromiseKept(PromiseEvent, frozen=True, kw_only=True):
    TOPIC = "tests.promise.kept"
    STOPS = ("reply",)


class PromiseOverdue(PromiseEvent, frozen=True, kw_only=True):
    TOPIC = "tests.promise.overdue"
    LAPSES = "reply"


register(PromiseMade, PromiseKept, PromiseOverdue)


def registered(org_id: str = CIVIL, name: str = "民政局") -> OrganizationRegistered:
    return OrganizationRegistered(
        at=NOON,
        by=WANG,
        org_id=org_id,
        name=name,
        kind=OrganizationKind.DEPARTMENT,
        uscc="11100000000013127D",
        region_code="330100",
        superior_id=CITY,
        duties=("救助", "婚姻登记"),
    )


def renamed(org_id: str, name: str) -> OrganizationRenamed:
    return OrganizationRenamed(at=NOON, by=WANG, org_id=org_id, name=name)


def moved(org_id: str, receiver_id: str, *duties: str) -> DutiesTransferred:
    return DutiesTransferred(
        at=NOON, by=WANG, org_id=org_id, receiver_id=receiver_id, duties=duties
    )


def designated(org_id: str, unit: str) -> SharingUnitDesignated:
    return SharingUnitDesignated(at=NOON, by=WANG, org_id=org_id, unit=unit, contact_id="li.na")


def appointed(org_id: str, person_id: str, role: Role = Role.CATALOGUER) -> OfficerAppointed:
    return OfficerAppointed(at=NOON, by=WANG, org_id=org_id, person_id=person_id, role=role)


def relieved(org_id: str, person_id: str, role: Role = Role.CATALOGUER) -> OfficerRelieved:
    return OfficerRelieved(at=NOON, by=WANG, org_id=org_id, person_id=person_id, role=role)


def closed(org_id: str) -> OrganizationDeactivated:
    return OrganizationDeactivated(at=NOON, by=WANG, org_id=org_id, reason="并入他局")


def due(days: int = 10, *, provisional: bool = False, owner_id: str = CIVIL) -> Due:
    ends_at = NOON + timedelta(days=days)
    return Due(
        duty=Duty.REPLY,
        rule="D-05",
        owner_id=owner_id,
        started_on=NOON.date(),
        on=ends_at.date(),
        ends_at=ends_at,
        rule_version=1,
        calendars=("2026/1",),
        provisional=provisional,
    )


def made(promise_id: str, term: Due | None, at: datetime = NOON) -> PromiseMade:
    return PromiseMade(at=at, by=WANG, promise_id=promise_id, due=term)


def kept(promise_id: str, at: datetime = NOON) -> PromiseKept:
    return PromiseKept(at=at, by=WANG, promise_id=promise_id)


def lapsed(promise_id: str, at: datetime) -> PromiseOverdue:
    return PromiseOverdue(at=at, by=WANG, promise_id=promise_id)


def day(text: str) -> date:
    return date.fromisoformat(text)
