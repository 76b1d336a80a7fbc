"""Questions about reports and audits 监督: annual reports, engagements, findings."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer, whose
from hub.command import AuditId, OrgId
from hub.departments.calendar import local_day
from hub.supervision.audit import Subject
from projections import annual_reports, engagements
from projections.annual_reports import ANNUAL_REPORTS, AnnualReportRow
from projections.engagements import AUDIT_FINDINGS, ENGAGEMENTS, EngagementRow, FindingRow

router = APIRouter(prefix="/api/v1/supervision", tags=["supervision"])
PLACES["supervision.audit"] = "/api/v1/supervision/audits"
AuditPath = Annotated[AuditId, Path(description="supervision.audit:…")]


def of_report(row: AnnualReportRow) -> Subject:
    """Return whom a report concerns."""
    # It speaks of a whole year and belongs to the last day of it.
    return Subject(department_ids=(row.org_id,), on=date(row.year, 12, 31))


def of_engagement(row: EngagementRow) -> Subject:
    """Return whom an engagement concerns."""
    parties = (row.auditor_id, row.audited_id)
    return Subject(row.audit_id, "", parties, local_day(row.opened_at))


@router.get("/reports", summary="Annual reports 年度报告", **listing(AnnualReportRow))
async def reports(
    asked: A,
    org_id: OrgId | None = None,
    year: Annotated[int, Query(ge=0, le=2100, description="0: every year")] = 0,
) -> Response:
    """List annual reports with their frozen versions and the digests of the figures."""
    now = asked.desk.clock()
    department = await whose(asked.reader, asked.desk.standings, org_id or "", now)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda connection: annual_reports.reports(
            connection, year=year, org_id=department, after=last, limit=asked.limit
        ),
        AnnualReportRow,
        key=lambda row: (row.report_id,),
        view=ANNUAL_REPORTS.name,
        about=of_report,
    )


@router.get(
    "/reports/{org_id}/{year}", summary="One annual report 某年度报告", **single(AnnualReportRow)
)
async def report(
    asked: A,
    org_id: Annotated[OrgId, Path(description="departments.organization:…")],
    year: Annotated[int, Path(ge=2000, le=2100)],
) -> Response:
    """Show an organisation's report on a year."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: annual_reports.report_on(connection, org_id, year),
        f"supervision.report:{year}-{org_id.partition(':')[2]}",
        view=ANNUAL_REPORTS.name,
        about=of_report,
    )


@router.get("/audits", summary="Audit engagements 审计项目", **listing(EngagementRow))
async def audits(asked: A, org_id: OrgId | None = None) -> Response:
    """List engagements, the newest first: of an auditor or of an audited organisation."""
    now = asked.desk.clock()
    org = await whose(asked.reader, asked.desk.standings, org_id or "", now)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda c: engagements.engagements(c, org_id=org, after=last, limit=asked.limit),
        EngagementRow,
        key=lambda row: (row.opened_at, row.audit_id),
        view=ENGAGEMENTS.name,
        about=of_engagement,
    )


@router.get("/audits/{audit_id}", summary="One engagement 审计项目详情", **single(EngagementRow))
async def audit(asked: A, audit_id: AuditPath) -> Response:
    """Show one engagement as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: engagements.engagement(connection, audit_id),
        audit_id,
        view=ENGAGEMENTS.name,
        about=of_engagement,
    )


@router.get("/audits/{audit_id}/findings", summary="Findings 审计发现", **listing(FindingRow))
async def findings(asked: A, audit_id: AuditPath) -> Response:
    """List the findings of an engagement with the positions of the events they rest on."""
    check_officer(asked.reader)
    subject = await asked.subject_of(
        lambda connection: engagements.engagement(connection, audit_id), audit_id, of_engagement
    )
    return await asked.page(
        lambda connection: engagements.findings_of(connection, audit_id),
        FindingRow,
        key=lambda row: (row.found_at, row.finding_key),
        view=AUDIT_FINDINGS.name,
        about=lambda _: subject,
        whole=True,
    )
