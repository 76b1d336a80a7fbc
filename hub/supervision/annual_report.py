"""年度报告 Annual report: drafted, frozen at a position, reviewed, signed, filed.

Decree 809 §38; 暂行办法 年度报告制度 (S-46). Figures of a frozen version never change: a later
correction makes a new version, both are kept and the difference is explained (trap 10).
"""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.departments.calendar import business_year, end_of
from hub.departments.due import Due
from hub.departments.kinds import OrganizationKind
from hub.departments.organization import Organization
from hub.errors import Conflict, Forbidden, Invalid
from hub.state import State, States
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.kinds import ReportStatus
from hub.term import zh

_RULE_OF_KIND = {
    OrganizationKind.DEPARTMENT: "D-17",
    OrganizationKind.AUTHORIZED: "D-17",
    OrganizationKind.AUTHORITY: "D-18",
}
"""Who reports, and by when; other bodies share by agreement and report to nobody here."""
_ADDRESSEES = frozenset({OrganizationKind.AUTHORITY, OrganizationKind.GOVERNMENT})


class Version(msgspec.Struct, frozen=True):
    """One frozen version, kept for good: where it was frozen, its digest, how it was filed."""

    version: int
    last_event_position: int
    figures_sha256: str
    filing_number: str = ""


class AnnualReport(State, frozen=True, kw_only=True):
    """The report of one organisation on one year.

    `versions` are all that were ever frozen, `drafted_by` all who wrote at its words.
    """

    STREAM = "supervision.report"

    org_id: str
    year: int
    status: ReportStatus
    version: int = 1
    versions: tuple[Version, ...] = ()
    drafted_by: frozenset[str] = frozenset()
    reviewed_by: str = ""
    due: Due | None = None
    filed_at: datetime | None = None
    overdue: bool = False

    @property
    def frozen(self) -> Version | None:
        """Return the current version where its figures are frozen."""
        last = self.versions[-1] if self.versions else None
        return last if last is not None and last.version == self.version else None


def evolve(state: AnnualReport | None, event: e.ReportEvents) -> AnnualReport:
    """Fold a report's events."""
    before = state or AnnualReport(org_id=event.org_id, year=event.year, status=ReportStatus.DUE)
    change = msgspec.structs.replace
    match event:
        case e.ReportDutyRaised():
            return change(before, due=event.due)
        case e.ReportDrafted():
            wrote = before.drafted_by | {event.by.person_id}
            return change(before, status=ReportStatus.DRAFT, drafted_by=wrote)
        case e.ReportFrozen():
            frozen = Version(event.version, event.last_event_position, event.figures_sha256)
            return change(before, status=ReportStatus.FROZEN, versions=(*before.versions, frozen))
        case e.ReportReviewed():
            reviewer = event.by.person_id
            return change(before, status=ReportStatus.REVIEWED, reviewed_by=reviewer)
        case e.ReportSigned():
            return change(before, status=ReportStatus.SIGNED)
        case e.ReportFiled():
            return _filed(before, event)
        case e.ReportAmended():
            return change(before, status=ReportStatus.DRAFT, version=event.version)
        case e.ReportOverdue():
            return change(before, overdue=True)
        case _:
            assert_never(event)


def about(report_id: str, report: AnnualReport, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every event of a report says."""
    return {
        "at": at,
        "by": by,
        "report_id": report_id,
        "org_id": report.org_id,
        "year": report.year,
    }


def _filed(before: AnnualReport, event: e.ReportFiled) -> AnnualReport:
    *kept, last = before.versions
    numbered = msgspec.structs.replace(last, filing_number=event.filing_number)
    return msgspec.structs.replace(
        before,
        status=ReportStatus.FILED,
        versions=(*kept, numbered),
        filed_at=before.filed_at or event.at,
    )


def draft(command: c.DraftReport, states: States, by: Actor, at: datetime) -> e.ReportDrafted:
    """Write or rewrite the words; possible until the figures are frozen."""
    rule_for(states, command.org_id)
    report = states.maybe(AnnualReport, command.report_id)
    if report is not None and report.status not in {ReportStatus.DUE, ReportStatus.DRAFT}:
        raise Conflict(
            f"the report is {report.status}; amend it to open a new version",
            f"报告处于“{zh(report.status)}”状态，如需修改请先启动更正",
        )
    if business_year(at) < command.year:
        raise Conflict(f"{command.year} has not begun", f"{command.year}年尚未开始", where="year")
    return e.ReportDrafted(
        at=at,
        by=by,
        report_id=command.report_id,
        org_id=command.org_id,
        year=command.year,
        overview=command.overview,
        problems=command.problems,
        next_steps=command.next_steps,
    )


def freeze(command: c.FreezeReport, states: States, by: Actor, at: datetime) -> e.ReportFrozen:
    """Fix the figures as of 31 December, 24:00 in China; never before the year is over."""
    report = _in(states, command.report_id, ReportStatus.DRAFT)
    require_over(report.year, at)
    before = report.versions[-1] if report.versions else None
    if before is not None and command.last_event_position < before.last_event_position:
        raise Invalid(
            f"version {before.version} was frozen at {before.last_event_position} already;"
            " a new version does not look back behind it",
            f"第{before.version}版冻结于{before.last_event_position}，新版本不得早于该位置",
            where="last_event_position",
        )
    return e.ReportFrozen(
        as_of=end_of(date(report.year, 12, 31)),
        last_event_position=command.last_event_position,
        indicator_set=command.indicator_set,
        figures_sha256=command.figures_sha256,
        version=report.version,
        **about(command.report_id, report, by, at),
    )


def review(command: c.ReviewReport, states: States, by: Actor, at: datetime) -> e.ReportReviewed:
    """Check the report; not by the person who wrote it."""
    report = _in(states, command.report_id, ReportStatus.FROZEN)
    if by.person_id in report.drafted_by:
        raise Forbidden(
            "who drafted the report cannot review it; another officer must",
            "起草人不得审核本报告，须由他人审核",
        )
    return e.ReportReviewed(
        note=command.note,
        version=report.version,
        **about(command.report_id, report, by, at),
    )


def sign(command: c.SignReport, states: States, by: Actor, at: datetime) -> e.ReportSigned:
    """Sign exactly the figures that were frozen; the signer neither wrote nor reviewed them."""
    report = _in(states, command.report_id, ReportStatus.REVIEWED)
    frozen = _frozen(report)
    if by.person_id in {*report.drafted_by, report.reviewed_by}:
        raise Forbidden(
            "who drafted or reviewed the report cannot sign it",
            "起草人、审核人不得签发本报告",
        )
    if command.figures_sha256 != frozen.figures_sha256:
        raise Invalid(
            f"the frozen figures are {frozen.figures_sha256}; read the report again",
            f"冻结数据的摘要为{frozen.figures_sha256}，请重新阅读报告后签发",
            where="figures_sha256",
        )
    return e.ReportSigned(
        figures_sha256=frozen.figures_sha256,
        version=report.version,
        **about(command.report_id, report, by, at),
    )


def file(command: c.FileReport, states: States, by: Actor, at: datetime) -> e.ReportFiled:
    """Hand a signed report in: a department to the authority, the authority to the government."""
    report = _in(states, command.report_id, ReportStatus.SIGNED)
    addressee = states.the(Organization, command.addressee_id)
    if addressee.kind not in _ADDRESSEES or command.addressee_id == report.org_id:
        raise Invalid(
            f"{addressee.name} receives no reports; name the authority or the government above",
            f"{addressee.name}不是年度报告的受理机关，请填写主管部门或本级政府",
            where="addressee_id",
        )
    return e.ReportFiled(
        addressee_id=command.addressee_id,
        filing_number=command.filing_number,
        version=report.version,
        **about(command.report_id, report, by, at),
    )


def amend(command: c.AmendReport, states: States, by: Actor, at: datetime) -> e.ReportAmended:
    """Open the next version; what was frozen stays as it is."""
    report = states.the(AnnualReport, command.report_id)
    _frozen(report)
    return e.ReportAmended(
        version=report.version + 1,
        explanation=command.explanation,
        **about(command.report_id, report, by, at),
    )


def _in(states: States, report_id: str, status: ReportStatus) -> AnnualReport:
    report = states.the(AnnualReport, report_id)
    if report.status is not status:
        raise Conflict(
            f"the report is {report.status}, it must be {status} for this",
            f"报告处于“{zh(report.status)}”状态，须为“{status}”方可办理",
            where=report_id,
        )
    return report


def _frozen(report: AnnualReport) -> Version:
    if report.frozen is None:
        raise Conflict(
            f"version {report.version} has no frozen figures; rewrite the draft instead",
            f"第{report.version}版数据尚未冻结，请直接修改草稿",
        )
    return report.frozen


def rule_for(states: States, org_id: str) -> str:
    """Return the rule of the term for filing; refuse bodies that do not report."""
    org = states.the(Organization, org_id)
    rule = _RULE_OF_KIND.get(org.kind)
    if rule is None or not org.active:
        raise Invalid(
            f"{org.name} does not report: only active departments and authorities do",
            f"{org.name}无年度报告义务：仅在册的政务部门和主管部门报告",
            where="org_id",
        )
    return rule


def require_over(year: int, at: datetime) -> None:
    """Refuse what cannot be said before the year is over in China."""
    if business_year(at) <= year:
        raise Conflict(
            f"{year} is not over: its report is frozen from 1 January {year + 1} on",
            f"{year}年度尚未结束，{year + 1}年1月1日起方可办理",
            where="year",
        )
