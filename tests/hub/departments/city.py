"""A small made-up city other tests begin with: one authority, three departments, their officers.

Organisations have short suffixes (`city`, `civil`, `tax`, `market`, `audit`), persons are named
`<organisation>.<role>`, so that a test reads like a sentence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import holidays

from hub.actor import Actor, Role, Speaker, Via
from hub.departments.events import (
    HubFounded,
    JurisdictionAssigned,
    LegalBasisRegistered,
    OfficerAppointed,
    OrganizationRegistered,
    SharingUnitDesignated,
    WorkCalendarPublished,
)
from hub.departments.kinds import LegalRank, OrganizationKind

if TYPE_CHECKING:
    from hub.event import Event

FOUNDED = datetime(2025, 1, 2, 1, 0, tzinfo=UTC)
OPERATOR = Actor("hub", "operator", Role.OPERATOR, Via.CLI)
LAW = "departments.legal_basis:statistics-law"
DECREE = "departments.legal_basis:decree-809"
LOCAL_RULE = "departments.legal_basis:city-rule"

DEPARTMENT_ROLES = (
    Role.CATALOGUER,
    Role.SHARING_HEAD,
    Role.DEPARTMENT_HEAD,
    Role.BUSINESS_USER,
    Role.SECURITY_OFFICER,
    Role.ADAPTER,
)
AUTHORITY_ROLES = (
    Role.AUTHORITY_REVIEWER,
    Role.AUTHORITY_MEDIATOR,
    Role.AUTHORITY_SUPERVISOR,
    Role.DEPARTMENT_HEAD,
)


def org(name: str) -> str:
    return f"departments.organization:{name}"


def who(name: str, role: Role) -> Speaker:
    """The person who holds a role in an organisation of this city."""
    return Speaker(org(name), f"{name}.{role}", Via.API)


def organization(
    name: str, kind: OrganizationKind, roles: tuple[Role, ...], region: str = "430100"
) -> list[Event]:
    events: list[Event] = [
        OrganizationRegistered(
            at=FOUNDED,
            by=OPERATOR,
            org_id=org(name),
            name=name.title(),
            kind=kind,
            uscc="11430100MB1234567X",
            region_code=region,
        ),
        SharingUnitDesignated(
            at=FOUNDED, by=OPERATOR, org_id=org(name), unit="数据股", contact_id=f"{name}.contact"
        ),
    ]
    events += [
        OfficerAppointed(
            at=FOUNDED, by=OPERATOR, org_id=org(name), person_id=f"{name}.{role}", role=role
        )
        for role in roles
    ]
    return events


def calendar(year: int) -> WorkCalendarPublished:
    """The real calendar of a year, from the library that knows the notices up to 2026."""
    china = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    return WorkCalendarPublished(
        at=FOUNDED,
        by=OPERATOR,
        calendar_id=f"departments.calendar:{year}",
        year=year,
        holidays=tuple(
            d for d in days if d.year == year and d.weekday() < 5 and not china.is_working_day(d)
        ),
        makeup_days=tuple(
            d for d in days if d.year == year and d.weekday() >= 5 and china.is_working_day(d)
        ),
        document=f"国务院办公厅关于{year}年部分节假日安排的通知",
    )


def basis(basis_id: str, title: str, rank: LegalRank) -> LegalBasisRegistered:
    return LegalBasisRegistered(
        at=FOUNDED,
        by=OPERATOR,
        legal_basis_id=basis_id,
        title=title,
        number="",
        rank=rank,
        issuer="国务院",
        valid_from=date(2010, 1, 1),
    )


DISTRICT = (
    *organization("district", OrganizationKind.AUTHORITY, AUTHORITY_ROLES, region="430102"),
    JurisdictionAssigned(
        at=FOUNDED, by=OPERATOR, org_id=org("district"), jurisdiction_code="430102"
    ),
)
"""An authority below the city's, for one district of it."""
CITY: tuple[Event, ...] = (
    HubFounded(
        at=FOUNDED,
        by=OPERATOR,
        founding_id="departments.founding:city",
        authority_id=org("city"),
    ),
    *organization("city", OrganizationKind.AUTHORITY, AUTHORITY_ROLES),
    JurisdictionAssigned(at=FOUNDED, by=OPERATOR, org_id=org("city"), jurisdiction_code="430100"),
    *organization("civil", OrganizationKind.DEPARTMENT, DEPARTMENT_ROLES),
    *organization("tax", OrganizationKind.DEPARTMENT, DEPARTMENT_ROLES),
    *organization("market", OrganizationKind.DEPARTMENT, DEPARTMENT_ROLES),
    *organization("elsewhere", OrganizationKind.DEPARTMENT, DEPARTMENT_ROLES, region="430500"),
    *organization("audit", OrganizationKind.AUDIT_OFFICE, (Role.AUDITOR,)),
    calendar(2025),
    calendar(2026),
    basis(LAW, "统计法", LegalRank.LAW),
    basis(DECREE, "政务数据共享条例", LegalRank.ADMINISTRATIVE_REGULATION),
    basis(LOCAL_RULE, "本市暂行办法", LegalRank.LOCAL_RULE),
)
