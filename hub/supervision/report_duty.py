"""When an annual report is due: the duty begins on 1 January and may lapse (D-17, D-18)."""

from datetime import date, datetime

from hub.actor import Actor
from hub.departments.due import Duty
from hub.departments.lapse import require_lapsed
from hub.departments.ruleset import due
from hub.errors import Conflict
from hub.state import States
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.annual_report import AnnualReport, about, require_over, rule_for


def raise_duty(
    command: c.RaiseReportDuty, states: States, by: Actor, at: datetime
) -> e.ReportDutyRaised:
    """Start the term for filing on 1 January: the last day of the year is day 0 of it."""
    rule = rule_for(states, command.org_id)
    report = states.maybe(AnnualReport, command.report_id)
    if report is not None and (report.due is not None or report.filed_at is not None):
        raise Conflict(
            f"the duty to report on {command.year} was raised already",
            f"{command.year}年度报告任务已下达",
        )
    last = date(command.year, 12, 31)
    require_over(command.year, at)
    return e.ReportDutyRaised(
        at=at,
        by=by,
        report_id=command.report_id,
        org_id=command.org_id,
        year=command.year,
        due=due(states, Duty.REPORT, rule, command.org_id, last, at),
    )


def record_overdue(
    command: c.RecordReportOverdue, states: States, by: Actor, at: datetime
) -> e.ReportOverdue:
    """Record that the report was not filed in term."""
    report = states.the(AnnualReport, command.report_id)
    lapsed = require_lapsed(report.due, report.filed_at, at, recorded=report.overdue)
    return e.ReportOverdue(
        due_on=lapsed.on,
        **about(command.report_id, report, by, at),
    )
