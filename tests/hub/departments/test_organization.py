"""Who takes part, and who may say so."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hub.actor import Role, Speaker, Via
from hub.departments import commands as c
from hub.departments import events as e
from hub.departments.kinds import LegalRank, OrganizationKind
from hub.departments.organization import Organization
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from tests.hub.departments.city import CITY, DISTRICT, LAW, org, who
from tests.hub.kit import given

if TYPE_CHECKING:
    from hub.command import Command

REVIEWER = who("city", Role.AUTHORITY_REVIEWER)
OPERATOR = Speaker("hub", "operator", Via.CLI, standing=Role.OPERATOR)
USCC = "11430100MB1234567X"


def _register(**changes: object) -> c.RegisterOrganization:
    fields = {
        "org_id": org("new"),
        "name": "市文化和旅游局",
        "kind": OrganizationKind.DEPARTMENT,
        "uscc": "91350100M000100Y43",
        "region_code": "430100",
    }
    return c.RegisterOrganization.model_validate({**fields, **changes})


def test_the_operator_founds_the_hub_once() -> None:
    found = c.EstablishAuthority(
        org_id=org("first"),
        name="市数据局",
        uscc="91350100M000100Y43",
        region_code="430100",
        head_id="li.wei",
    )
    founded = (
        given()
        .when(found, OPERATOR)
        .then(
            e.HubFounded,
            e.OrganizationRegistered,
            e.JurisdictionAssigned,
            e.OfficerAppointed,
            e.OfficerAppointed,
        )
    )
    again = found.model_copy(update={"org_id": org("second")})
    founded.when(again, OPERATOR).refused(Conflict, "was founded by")
    given(*CITY).when(found, REVIEWER).refused(Forbidden, "operator")


def test_the_authority_registers_a_department() -> None:
    given(*CITY).when(_register(), REVIEWER).then(e.OrganizationRegistered)
    given(*CITY).when(_register(org_id=org("tax")), REVIEWER).refused(
        Conflict, "registered already"
    )
    given(*CITY).when(_register(), who("tax", Role.DEPARTMENT_HEAD)).refused(Forbidden)


def test_an_authorised_organisation_names_its_authorisation() -> None:
    kind = OrganizationKind.AUTHORIZED
    given(*CITY).when(_register(kind=kind), REVIEWER).refused(Invalid, "authorisation")
    given(*CITY).when(_register(kind=kind, authorized_by=LAW), REVIEWER).then(
        e.OrganizationRegistered
    )


def test_only_an_organ_that_joined_by_agreement_has_no_credit_code() -> None:
    given(*CITY).when(_register(uscc=None), REVIEWER).refused(Invalid, "credit code")
    other = _register(uscc=None, kind=OrganizationKind.OTHER_ORGAN)
    given(*CITY).when(other, REVIEWER).then(e.OrganizationRegistered)


@pytest.mark.parametrize("code", ["91350100M000100Y44", "123", "91350100M000100Y4"])
def test_a_credit_code_has_a_true_check_digit(code: str) -> None:
    with pytest.raises(ValidationError, match="unified social credit code"):
        _register(uscc=code)


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b"])
def test_text_that_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"lone surrogate|control character|string"):
        _register(name=text)


def test_text_is_normalised_on_the_way_in() -> None:
    assert _register(name="  Cafe\u0301 局 ").name == "Café 局"


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"must be the id of a departments.organization"):
        _register(org_id="catalog.entry:1")


def test_a_department_head_appoints_officers_of_his_own_department_only() -> None:
    head = who("tax", Role.DEPARTMENT_HEAD)
    appoint = c.AppointOfficer(org_id=org("tax"), person_id="zhao.lei", role=Role.CATALOGUER)
    appointed = given(*CITY).when(appoint, head).then(e.OfficerAppointed)
    appointed.when(appoint, head).refused(Conflict, "already")
    given(*CITY).when(appoint, who("civil", Role.DEPARTMENT_HEAD)).refused(Forbidden)
    given(*CITY).when(appoint, REVIEWER).then(e.OfficerAppointed)


@pytest.mark.parametrize("role", [Role.AUTHORITY_REVIEWER, Role.AUDITOR, Role.CLOCK, Role.OPERATOR])
def test_no_department_appoints_roles_that_are_not_its_own(role: Role) -> None:
    appoint = c.AppointOfficer(org_id=org("tax"), person_id="zhao.lei", role=role)
    given(*CITY).when(appoint, who("tax", Role.DEPARTMENT_HEAD)).refused(Forbidden, "nobody can be")


def test_an_officer_relieved_has_no_say() -> None:
    relieve = c.RelieveOfficer(org_id=org("tax"), person_id="tax.cataloguer", role=Role.CATALOGUER)
    head = who("tax", Role.DEPARTMENT_HEAD)
    gone = given(*CITY).when(relieve, head).then(e.OfficerRelieved)
    gone.when(relieve, head).refused(Conflict, "is not cataloguer")


def test_an_authority_acts_only_in_its_region() -> None:
    rename = c.RenameOrganization(org_id=org("elsewhere"), name="别市局")
    given(*CITY).when(rename, REVIEWER).refused(Forbidden, "region")
    given(*CITY).when(rename.model_copy(update={"org_id": org("tax")}), REVIEWER).then(
        e.OrganizationRenamed
    )


def test_a_department_that_does_not_exist_is_not_found() -> None:
    rename = c.RenameOrganization(org_id=org("nobody"), name="无此局")
    given(*CITY).when(rename, REVIEWER).refused(NotFound, "nobody")


def test_a_merged_department_is_closed_and_its_successor_acts_for_it() -> None:
    merge = c.MergeOrganization(org_id=org("market"), successor_id=org("tax"))
    merged = given(*CITY).when(merge, REVIEWER).then(e.OrganizationMerged)
    merged.when(merge, REVIEWER).refused(Conflict, "no longer active")
    # The predecessor's officers have no say any more; the successor's head has.
    relieve = c.RelieveOfficer(
        org_id=org("market"), person_id="market.cataloguer", role=Role.CATALOGUER
    )
    merged.when(relieve, who("market", Role.DEPARTMENT_HEAD)).refused(Forbidden)
    merged.when(relieve, who("tax", Role.DEPARTMENT_HEAD)).then(e.OfficerRelieved)
    given(*CITY).when(
        c.MergeOrganization(org_id=org("tax"), successor_id=org("tax")), REVIEWER
    ).refused(Invalid, "itself")


def test_duties_move_only_if_they_are_the_givers() -> None:
    registered = given(*CITY).when(_register(duties=("婚姻登记",)), REVIEWER)
    move = c.TransferDuties(org_id=org("new"), receiver_id=org("tax"), duties=("婚姻登记",))
    moved = registered.then(e.OrganizationRegistered).when(move, REVIEWER).then(e.DutiesTransferred)
    moved.when(move, REVIEWER).refused(Invalid, "does not have the duty")


def test_a_region_and_its_parts_are_covered() -> None:
    state = given(*CITY).states[org("city")]
    assert isinstance(state, Organization)
    assert state.covers("430102")
    assert state.covers("430102001")
    assert not state.covers("430500")
    tax = given(*CITY).states[org("tax")]
    assert isinstance(tax, Organization)
    assert not tax.covers("430100")


def test_only_an_authority_has_a_jurisdiction() -> None:
    assign = c.AssignJurisdiction(org_id=org("tax"), jurisdiction_code="430100")
    given(*CITY).when(assign, REVIEWER).refused(Invalid, "no authority")


def test_a_deputy_is_another_authority() -> None:
    name = c.NameDeputy(org_id=org("city"), deputy_id=org("tax"))
    given(*CITY).when(name, REVIEWER).refused(Invalid, "another authority")
    second = _register(org_id=org("office"), kind=OrganizationKind.AUTHORITY)
    named = given(*CITY).when(second, REVIEWER).then(e.OrganizationRegistered)
    named.when(name.model_copy(update={"deputy_id": org("office")}), REVIEWER).then(e.DeputyNamed)


def test_a_department_names_its_sharing_office_and_can_be_closed() -> None:
    designate = c.DesignateSharingUnit(org_id=org("tax"), unit="数据科", contact_id="zhao.lei")
    given(*CITY).when(designate, who("tax", Role.DEPARTMENT_HEAD)).then(e.SharingUnitDesignated)
    close = c.DeactivateOrganization(org_id=org("tax"), reason="机构改革撤销")
    closed = given(*CITY).when(close, REVIEWER).then(e.OrganizationDeactivated)
    closed.when(designate, who("tax", Role.DEPARTMENT_HEAD)).refused(Forbidden)


def test_a_legal_basis_is_registered_amended_and_repealed() -> None:
    register = c.RegisterLegalBasis(
        legal_basis_id="departments.legal_basis:archives",
        title="档案法",
        rank=LegalRank.LAW,
        issuer="全国人大常委会",
        valid_from=date(2021, 1, 1),
    )
    known = given(*CITY).when(register, REVIEWER).then(e.LegalBasisRegistered)
    known.when(register, REVIEWER).refused(Conflict)
    amend = c.AmendLegalBasis(
        legal_basis_id=register.legal_basis_id, changed_on=date(2026, 2, 1), summary="第三条修改"
    )
    amended = known.when(amend, REVIEWER).then(e.LegalBasisAmended)
    repeal = c.RepealLegalBasis(
        legal_basis_id=register.legal_basis_id, repealed_on=date(2026, 2, 20), reason="新法施行"
    )
    repealed = amended.when(repeal, REVIEWER).then(e.LegalBasisRepealed)
    late = amend.model_copy(update={"changed_on": date(2026, 2, 21)})
    repealed.when(late, REVIEWER).refused(Conflict, "not in force")
    before = register.model_copy(
        update={"legal_basis_id": "departments.legal_basis:x", "valid_to": date(2020, 1, 1)}
    )
    given(*CITY).when(before, REVIEWER).refused(Invalid, "before valid_from")


DISTRICT_REVIEWER = who("district", Role.AUTHORITY_REVIEWER)


@pytest.mark.parametrize(
    "command",
    [
        c.SetDeadlineRule(rule_id="D-05", term=1, document="区里的通知"),
        c.ChangePolicy(policy="screening", value="on", document="区里的通知"),
        c.AmendLegalBasis(legal_basis_id=LAW, changed_on=date(2026, 3, 1), summary="修订"),
        c.RepealLegalBasis(legal_basis_id=LAW, repealed_on=date(2026, 3, 1), reason="废止"),
        c.PublishWorkCalendar(year=2027, holidays=(), document="区里的通知"),
        c.AmendWorkCalendar(year=2026, holidays=(), document="区里的通知", reason="调整"),
    ],
)
def test_what_holds_for_the_city_is_not_a_districts_to_change(command: Command) -> None:
    given(*CITY, *DISTRICT).when(command, DISTRICT_REVIEWER).refused(Forbidden, "region")


def test_a_district_registers_inside_itself_the_city_everywhere() -> None:
    world = (*CITY, *DISTRICT)
    inside, outside = _register(region_code="430102003"), _register(region_code="430103")
    given(*world).when(inside, DISTRICT_REVIEWER).then(e.OrganizationRegistered)
    given(*world).when(outside, DISTRICT_REVIEWER).refused(Forbidden, "430103 lies outside")
    above = _register(region_code="430000")
    given(*world).when(above, REVIEWER).then(e.OrganizationRegistered)


def test_nobody_widens_a_jurisdiction_beyond_his_own() -> None:
    wider = c.AssignJurisdiction(org_id=org("district"), jurisdiction_code="430100")
    given(*CITY, *DISTRICT).when(wider, DISTRICT_REVIEWER).refused(Forbidden, "430100 lies outside")
    part = c.AssignJurisdiction(org_id=org("district"), jurisdiction_code="430102")
    given(*CITY, *DISTRICT).when(part, REVIEWER).then(e.JurisdictionAssigned)
    province = c.AssignJurisdiction(org_id=org("city"), jurisdiction_code="430000")
    given(*CITY).when(province, REVIEWER).refused(Forbidden, "430000 lies outside")
