"""Engagements and reports, built from what the rules really make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.actor import CLOCK
from hub.supervision.kinds import AuditStatus, ReportStatus
from projections.annual_reports import ANNUAL_REPORTS, report_on, reports
from projections.engagements import (
    AUDIT_FINDINGS,
    ENGAGEMENTS,
    engagement,
    engagements,
    findings_of,
)
from tests.hub.departments.city import CITY, org
from tests.hub.supervision import test_annual_report as r
from tests.hub.supervision import test_audit as a
from tests.projections.feedback.play import Play

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_an_engagement_counts_the_auditors_acts(given: Given) -> None:
    play = Play(*CITY).does(a.OPEN, a.AUDITOR)
    for act in (a.GRANT, a.REPLAY, a.REPLAY, a.EXPORT, a.FINDING, a.DRAFT):
        play.does(act, a.AUDITOR, a.THURSDAY)
    play.does(a.OVERDUE, CLOCK, a.DRAFT_END).does(a.CLOSE, a.AUDITOR, a.DRAFT_END)
    connection = given(*play.events).shown_by(ENGAGEMENTS, AUDIT_FINDINGS)
    row = engagement(connection, a.AUDIT)
    assert row is not None
    assert (row.replays, row.exports, row.findings) == (2, 1, 1)
    assert (row.status, row.overdue, row.conclusion) == (
        AuditStatus.CLOSED,
        True,
        "发现一项，已整改",
    )
    (finding,) = findings_of(connection, a.AUDIT)
    assert finding.evidence_positions == (7, 9)
    assert [one.audit_id for one in engagements(connection, org_id=org("civil"))] == [a.AUDIT]
    assert engagements(connection, org_id=org("tax")) == []
    assert engagements(connection, after=(row.opened_at, row.audit_id)) == []


def test_a_report_keeps_every_frozen_version(given: Given) -> None:
    play = Play(*r.WORLD).does(r.RAISE, CLOCK, r.NEW_YEAR).does(r.DRAFT, r.DRAFTER, r.LATER)
    play.does(r.FREEZE, r.MACHINE, r.LATER).does(r.REVIEW, r.SHARING_HEAD, r.LATER)
    play.does(r.SIGN, r.HEAD, r.LATER).does(r.FILE, r.SHARING_HEAD, r.LATER)
    play.does(r.AMEND, r.SHARING_HEAD, r.LATER)
    connection = given(*play.events).shown_by(ANNUAL_REPORTS)
    row = report_on(connection, org("civil"), 2026)
    assert row is not None
    assert (row.status, row.version, row.frozen) == (ReportStatus.DRAFT, 2, None)
    (kept,) = row.versions
    assert (kept.figures_sha256, kept.overview, kept.signed_by) == (
        r.SHA,
        "全年共享有序",
        r.HEAD.person_id,
    )
    new = r.FREEZE.model_copy(update={"figures_sha256": r.OTHER_SHA, "last_event_position": 950})
    done = len(play.events)
    play.does(r.DRAFT, r.DRAFTER, r.LATER).does(new, r.MACHINE, r.LATER)
    given.and_then(*play.events[done:]).shown_by(ANNUAL_REPORTS)
    row = report_on(connection, org("civil"), 2026)
    assert row is not None
    assert row.frozen is not None
    assert row.frozen.explanation == r.AMEND.explanation
    assert [v.figures_sha256 for v in row.versions] == [r.SHA, r.OTHER_SHA]
    assert [one.report_id for one in reports(connection, year=2026)] == [r.CIVIL_2026]
    assert reports(connection, year=2025) == []
