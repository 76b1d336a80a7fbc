"""The annual report: due on its day, frozen for good, amended only by a new version."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hub.actor import CLOCK, Role, Speaker, Via
from hub.departments.events import OfficerAppointed
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict, Forbidden, Invalid
from hub.execute import evolve
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.annual_report import AnnualReport
from tests.hub.departments.city import CITY, FOUNDED, OPERATOR, org, organization, who
from tests.hub.kit import Given, given

NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
"""1 January 2027, 00:00 in China."""
LATER = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)
CIVIL_2026 = "supervision.report:2026-civil"
SHA = "sha256:" + "a" * 64
OTHER_SHA = "sha256:" + "b" * 64
SECOND = "civil.second"
WORLD = (
    *CITY,
    *organization("government", OrganizationKind.GOVERNMENT, (Role.GOVERNMENT,)),
    OfficerAppointed(
        at=FOUNDED, by=OPERATOR, org_id=org("civil"), person_id=SECOND, role=Role.SHARING_HEAD
    ),
)
DRAFTER = who("civil", Role.CATALOGUER)
SHARING_HEAD = who("civil", Role.SHARING_HEAD)
HEAD = who("civil", Role.DEPARTMENT_HEAD)
MACHINE = Speaker("hub", "operator", Via.CLI, standing=Role.OPERATOR)

RAISE = c.RaiseReportDuty(org_id=org("civil"), year=2026)
DRAFT = c.DraftReport(org_id=org("civil"), year=2026, overview="全年共享有序")
FREEZE = c.FreezeReport(
    report_id=CIVIL_2026, last_event_position=900, indicator_set="2026.1", figures_sha256=SHA
)
REVIEW = c.ReviewReport(report_id=CIVIL_2026)
SIGN = c.SignReport(report_id=CIVIL_2026, figures_sha256=SHA)
FILE = c.FileReport(
    report_id=CIVIL_2026, addressee_id=org("city"), filing_number="市民政〔2027〕1号"
)
AMEND = c.AmendReport(report_id=CIVIL_2026, explanation="一季度两次更正迟报，重新统计")


def _raised() -> Given:
    return given(*WORLD).when(RAISE, CLOCK, NEW_YEAR).then(e.ReportDutyRaised)


def _frozen() -> Given:
    drafted = _raised().when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    return drafted.when(FREEZE, MACHINE, LATER).then(e.ReportFrozen)


def _filed() -> Given:
    reviewed = _frozen().when(REVIEW, SHARING_HEAD, LATER).then(e.ReportReviewed)
    signed = reviewed.when(SIGN, HEAD, LATER).then(e.ReportSigned)
    return signed.when(FILE, SHARING_HEAD, LATER).then(e.ReportFiled)


def _report(world: Given) -> AnnualReport:
    report = world.states[CIVIL_2026]
    assert isinstance(report, AnnualReport)
    return report


@pytest.mark.parametrize(
    ("name", "due_on"), [("civil", date(2027, 1, 31)), ("city", date(2027, 2, 28))]
)
def test_departments_report_by_31_january_the_authority_by_28_february(
    name: str, due_on: date
) -> None:
    command = c.RaiseReportDuty(org_id=org(name), year=2026)
    (raised,) = given(*WORLD).when(command, CLOCK, NEW_YEAR).events()
    assert isinstance(raised, e.ReportDutyRaised)
    assert (raised.due.on, raised.due.owner_id) == (due_on, org(name))


def test_the_duty_is_raised_once_after_the_year_and_only_for_those_who_report() -> None:
    last_evening = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    given(*WORLD).when(RAISE, CLOCK, last_evening).refused(Conflict, "not over")
    _raised().when(RAISE, CLOCK, NEW_YEAR).refused(Conflict, "already")
    audit = c.RaiseReportDuty(org_id=org("audit"), year=2026)
    given(*WORLD).when(audit, CLOCK, NEW_YEAR).refused(Invalid, "does not report")
    given(*WORLD).when(RAISE, HEAD, NEW_YEAR).refused(Forbidden, "clock")


def test_a_report_goes_from_draft_to_filed() -> None:
    report = _report(_filed())
    assert [(v.version, v.figures_sha256, v.filing_number) for v in report.versions] == [
        (1, SHA, "市民政〔2027〕1号")
    ]


def test_figures_are_frozen_as_of_midnight_of_31_december_in_china() -> None:
    drafted = _raised().when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    (frozen,) = drafted.when(FREEZE, MACHINE, LATER).events()
    assert isinstance(frozen, e.ReportFrozen)
    assert frozen.as_of == NEW_YEAR


def test_a_running_year_is_not_frozen() -> None:
    june = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
    drafted = given(*WORLD).when(DRAFT, DRAFTER, june).then(e.ReportDrafted)
    drafted.when(FREEZE, MACHINE, june).refused(Conflict, "not over")


def test_frozen_figures_never_change() -> None:
    again = FREEZE.model_copy(update={"figures_sha256": OTHER_SHA})
    _frozen().when(again, MACHINE, LATER).refused(Conflict, "frozen")
    _frozen().when(DRAFT, DRAFTER, LATER).refused(Conflict, "amend")
    _filed().when(again, MACHINE, LATER).refused(Conflict, "filed")


def test_drafter_reviewer_and_signer_are_three_persons() -> None:
    drafted = _raised().when(DRAFT, SHARING_HEAD, LATER).then(e.ReportDrafted)
    frozen = drafted.when(FREEZE, MACHINE, LATER).then(e.ReportFrozen)
    frozen.when(REVIEW, SHARING_HEAD, LATER).refused(Forbidden, "drafted")
    reviewed = frozen.when(REVIEW, Speaker(org("civil"), SECOND, Via.API), LATER)
    both = OfficerAppointed(
        at=LATER, by=OPERATOR, org_id=org("civil"), person_id=SECOND, role=Role.DEPARTMENT_HEAD
    )
    world = reviewed.then(e.ReportReviewed)
    world.states[org("civil")] = evolve(world.states[org("civil")], both)
    world.when(SIGN, Speaker(org("civil"), SECOND, Via.API), LATER).refused(Forbidden, "reviewed")


def test_the_signer_signs_the_figures_that_were_frozen() -> None:
    reviewed = _frozen().when(REVIEW, SHARING_HEAD, LATER).then(e.ReportReviewed)
    wrong = SIGN.model_copy(update={"figures_sha256": OTHER_SHA})
    reviewed.when(wrong, HEAD, LATER).refused(Invalid, "read the report again")


def test_an_amendment_keeps_the_old_version() -> None:
    amended = _filed().when(AMEND, SHARING_HEAD, LATER).then(e.ReportAmended)
    drafted = amended.when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    earlier = FREEZE.model_copy(update={"last_event_position": 899})
    drafted.when(earlier, MACHINE, LATER).refused(Invalid, "look back")
    later = FREEZE.model_copy(update={"last_event_position": 950, "figures_sha256": OTHER_SHA})
    report = _report(drafted.when(later, MACHINE, LATER).then(e.ReportFrozen))
    assert [(v.version, v.figures_sha256) for v in report.versions] == [(1, SHA), (2, OTHER_SHA)]
    assert report.versions[0].filing_number


def test_a_draft_is_rewritten_not_amended() -> None:
    drafted = _raised().when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    drafted.when(AMEND, SHARING_HEAD, LATER).refused(Conflict, "rewrite the draft")
    drafted.when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)


def test_a_report_is_filed_with_who_receives_reports() -> None:
    reviewed = _frozen().when(REVIEW, SHARING_HEAD, LATER).then(e.ReportReviewed)
    signed = reviewed.when(SIGN, HEAD, LATER).then(e.ReportSigned)
    to_tax = FILE.model_copy(update={"addressee_id": org("tax")})
    signed.when(to_tax, SHARING_HEAD, LATER).refused(Invalid, "receives no reports")
    government = FILE.model_copy(update={"addressee_id": org("government")})
    signed.when(government, SHARING_HEAD, LATER).then(e.ReportFiled)


def test_a_late_report_is_recorded_late_even_when_filed_before_the_clock_noticed() -> None:
    overdue = c.RecordReportOverdue(report_id=CIVIL_2026)
    end = datetime(2027, 1, 31, 16, 0, tzinfo=UTC)
    _raised().when(overdue, CLOCK, LATER).refused(Conflict, "runs to the end")
    late = _raised().when(overdue, CLOCK, end).then(e.ReportOverdue)
    late.when(overdue, CLOCK, end).refused(Conflict, "recorded already")
    _filed().when(overdue, CLOCK, end).refused(Conflict, "done before")


def test_the_operator_prepares_a_report_and_signs_nothing() -> None:
    drafted = _raised().when(DRAFT, MACHINE, LATER).then(e.ReportDrafted)
    frozen = drafted.when(FREEZE, MACHINE, LATER).then(e.ReportFrozen)
    frozen.when(REVIEW, MACHINE, LATER).refused(Forbidden)
    frozen.when(REVIEW, SHARING_HEAD, LATER).then(e.ReportReviewed)


@pytest.mark.parametrize("person", [SHARING_HEAD, HEAD, DRAFTER])
def test_nobody_freezes_figures_he_made_up(person: Speaker) -> None:
    drafted = _raised().when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    drafted.when(FREEZE, person, LATER).refused(Forbidden, "operator")


def test_who_wrote_the_first_draft_reviews_no_later_one() -> None:
    first = _raised().when(DRAFT, SHARING_HEAD, LATER).then(e.ReportDrafted)
    again = first.when(DRAFT, DRAFTER, LATER).then(e.ReportDrafted)
    frozen = again.when(FREEZE, MACHINE, LATER).then(e.ReportFrozen)
    frozen.when(REVIEW, SHARING_HEAD, LATER).refused(Forbidden, "drafted")


def test_another_department_does_not_touch_the_report() -> None:
    _raised().when(DRAFT, who("tax", Role.SHARING_HEAD), LATER).refused(Forbidden)
    _frozen().when(REVIEW, who("tax", Role.SHARING_HEAD), LATER).refused(Forbidden)
