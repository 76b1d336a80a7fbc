"""The directory: organisations, sharing offices, officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.actor import Role
from projections.directory import (
    DIRECTORY,
    OFFICERS,
    officers_of,
    organization,
    organizations,
    roles_of,
)
from tests.projections.stories import (
    CIVIL,
    NOON,
    TAX,
    appointed,
    closed,
    designated,
    moved,
    registered,
    relieved,
)

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_duties_leave_one_organisation_and_arrive_at_the_other(given: Given) -> None:
    story = (registered(CIVIL), registered(TAX, "税务局"), moved(CIVIL, TAX, "救助"))
    civil, tax = given(*story).rows(DIRECTORY)
    assert civil.duties == ("婚姻登记",)
    assert tax.duties == ("救助", "婚姻登记")


def test_a_department_is_found_with_its_sharing_office(given: Given) -> None:
    connection = given(registered(CIVIL), designated(CIVIL, "数据科")).shown_by(DIRECTORY)
    found = organization(connection, CIVIL)
    assert found is not None
    assert (found.sharing_unit, found.contact_id) == ("数据科", "li.na")
    assert organization(connection, TAX) is None


def test_organisations_are_listed_by_region_and_paged(given: Given) -> None:
    connection = given(registered(CIVIL), registered(TAX), closed(TAX)).shown_by(DIRECTORY)
    assert [one.org_id for one in organizations(connection, region_code="3301")] == [CIVIL, TAX]
    assert [one.org_id for one in organizations(connection, after=CIVIL)] == [TAX]
    assert [one.org_id for one in organizations(connection, active=True)] == [CIVIL]
    assert organizations(connection, region_code="44") == []
    [gone] = organizations(connection, active=False)
    assert gone.ended_at == NOON


def test_a_person_may_hold_several_roles_until_relieved_of_one(given: Given) -> None:
    given(registered(CIVIL), appointed(CIVIL, "li.na"))
    given(appointed(CIVIL, "li.na", Role.SHARING_HEAD), relieved(CIVIL, "li.na"))
    connection = given.shown_by(OFFICERS)
    assert [line.role for line in roles_of(connection, "li.na")] == ["sharing_head"]
    assert officers_of(connection, CIVIL) == roles_of(connection, "li.na")
