"""The audit engagement: a right from statute, bound by its notice, and every act an event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hub.actor import CLOCK, Role, Speaker, Via
from hub.departments.commands import SetDeadlineRule
from hub.departments.events import DeadlineRuleSet
from hub.errors import Conflict, Forbidden, Invalid
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.audit import AuditEngagement, Subject, may_read
from hub.supervision.kinds import ScopeKind, Severity
from tests.hub.departments.city import CITY, org, who
from tests.hub.kit import NOON, Given, given

if TYPE_CHECKING:
    from hub.command import Command

AUDIT = "supervision.audit:2026-1"
AUDITOR = who("audit", Role.AUDITOR)
SHA = "sha256:" + "c" * 64
OPEN = c.OpenAudit(
    audit_id=AUDIT,
    auditor_id=org("audit"),
    audited_id=org("civil"),
    scope=c.Scope(kind=ScopeKind.DEPARTMENT, subjects=(org("civil"),)),
    purpose="检查共享申请答复情况",
    notice_number="审通〔2026〕3号",
    team=(AUDITOR.person_id,),
)
GRANT = c.GrantAuditAccess(audit_id=AUDIT)
REPLAY = c.RecordReplayRun(audit_id=AUDIT, until_position=100)
EXPORT = c.RecordAuditExport(audit_id=AUDIT, query="case sharing.request:1", rows=12, sha256=SHA)
FINDING = c.RecordAuditFinding(
    audit_id=AUDIT,
    finding_key="F-1",
    severity=Severity.SUBSTANTIAL,
    finding="三件申请逾期未答复",
    about_id=org("civil"),
    evidence_positions=(7, 9),
)
DRAFT = c.ServeAuditDraft(audit_id=AUDIT, document_sha256=SHA)
ANSWER = c.FileAuditResponse(audit_id=AUDIT, response="已整改")
CLOSE = c.CloseAudit(audit_id=AUDIT, conclusion="发现一项，已整改")
OVERDUE = c.RecordAuditAnswerOverdue(audit_id=AUDIT)
DAY = timedelta(days=1)
THURSDAY = NOON + 3 * DAY
DRAFT_END = datetime(2026, 3, 15, 16, 0, tzinfo=UTC)
"""The end of 15 March in China: ten calendar days after 5 March."""


def _opened() -> Given:
    return given(*CITY).when(OPEN, AUDITOR).then(e.AuditOpened)


def _reading() -> Given:
    return _opened().when(GRANT, AUDITOR, THURSDAY).then(e.AuditAccessGranted)


def _served() -> Given:
    return _reading().when(DRAFT, AUDITOR, THURSDAY).then(e.AuditDraftServed)


def _engagement(world: Given) -> AuditEngagement:
    state = world.states[AUDIT]
    assert isinstance(state, AuditEngagement)
    return state


def test_reading_begins_three_calendar_days_after_the_notice() -> None:
    almost = datetime(2026, 3, 4, 15, 59, tzinfo=UTC)
    _opened().when(GRANT, AUDITOR, almost).refused(Conflict, "notice term is not over")
    midnight = almost + timedelta(minutes=1)
    _opened().when(GRANT, AUDITOR, midnight).then(e.AuditAccessGranted)


def test_a_special_approval_shortens_the_notice_and_gives_its_reason() -> None:
    half = GRANT.model_copy(update={"approval_document": "市政府批复〔2026〕8号"})
    _opened().when(half, AUDITOR).refused(Conflict, "reason")
    full = half.model_copy(update={"approval_reason": "数据可能被删除"})
    (granted,) = _opened().when(full, AUDITOR).events()
    assert isinstance(granted, e.AuditAccessGranted)
    assert granted.approval_reason == "数据可能被删除"


def test_a_city_may_give_more_notice() -> None:
    command = SetDeadlineRule(rule_id="D-24", term=5, document="本市规定")
    longer = given(*CITY).when(command, who("city", Role.AUTHORITY_REVIEWER))
    opened = longer.then(DeadlineRuleSet).when(OPEN, AUDITOR).then(e.AuditOpened)
    opened.when(GRANT, AUDITOR, NOON + 4 * DAY).refused(Conflict, "notice term is not over")
    opened.when(GRANT, AUDITOR, NOON + 5 * DAY).then(e.AuditAccessGranted)


def test_no_authority_grants_or_withholds_what_statute_gives() -> None:
    _opened().when(GRANT, who("city", Role.AUTHORITY_REVIEWER), THURSDAY).refused(Forbidden)
    given(*CITY).when(OPEN, who("city", Role.AUTHORITY_SUPERVISOR)).refused(Forbidden)


def test_the_auditors_acts_are_events() -> None:
    read = _reading().when(REPLAY, AUDITOR, THURSDAY).then(e.AuditReplayRun)
    taken = read.when(EXPORT, AUDITOR, THURSDAY).then(e.AuditExported)
    found = taken.when(FINDING, AUDITOR, THURSDAY).then(e.AuditFindingRecorded)
    found.when(FINDING, AUDITOR, THURSDAY).refused(Conflict, "recorded already")


@pytest.mark.parametrize("act", [REPLAY, EXPORT, FINDING, DRAFT])
def test_nothing_is_read_before_access_or_after_the_end(act: Command) -> None:
    _opened().when(act, AUDITOR).refused(Conflict, "notified")
    answered = _served().when(ANSWER, who("civil", Role.DEPARTMENT_HEAD), THURSDAY)
    closed = answered.then(e.AuditResponseFiled).when(CLOSE, AUDITOR, THURSDAY)
    closed.then(e.AuditClosed).when(act, AUDITOR, THURSDAY).refused(Conflict, "closed")


def test_only_the_team_of_the_notice_reads() -> None:
    stranger = Speaker(org("audit"), "audit.stranger", Via.API)
    _reading().when(REPLAY, stranger, THURSDAY).refused(Forbidden, "auditor")
    outsider = OPEN.model_copy(update={"team": ("civil.cataloguer",)})
    given(*CITY).when(outsider, AUDITOR).refused(Invalid, "is not an auditor")


def test_the_audited_has_ten_calendar_days_for_its_answer() -> None:
    (served,) = _reading().when(DRAFT, AUDITOR, THURSDAY).events()
    assert isinstance(served, e.AuditDraftServed)
    assert (served.due.on, served.due.owner_id) == (date(2026, 3, 15), org("civil"))
    _served().when(ANSWER, who("tax", Role.DEPARTMENT_HEAD), THURSDAY).refused(Forbidden)
    answered = _served().when(ANSWER, who("civil", Role.DEPARTMENT_HEAD), THURSDAY)
    answered.then(e.AuditResponseFiled).when(OVERDUE, CLOCK, DRAFT_END).refused(
        Conflict, "done before"
    )


def test_silence_is_recorded_and_lets_the_audit_close() -> None:
    _served().when(CLOSE, AUDITOR, DRAFT_END - DAY).refused(Conflict, "ten days")
    _served().when(OVERDUE, CLOCK, DRAFT_END - DAY).refused(Conflict, "runs to the end")
    silent = _served().when(OVERDUE, CLOCK, DRAFT_END).then(e.AuditAnswerOverdue)
    silent.when(CLOSE, AUDITOR, DRAFT_END).then(e.AuditClosed)


def test_an_answer_after_the_term_is_taken_and_still_late() -> None:
    head = who("civil", Role.DEPARTMENT_HEAD)
    late = _served().when(ANSWER, head, DRAFT_END + DAY).then(e.AuditResponseFiled)
    late.when(OVERDUE, CLOCK, DRAFT_END + DAY).then(e.AuditAnswerOverdue)


@pytest.mark.parametrize(
    ("scope", "subject", "expected"),
    [
        (c.Scope(kind=ScopeKind.ALL), Subject(case_id="x"), True),
        (c.Scope(kind=ScopeKind.CASE, subjects=("a",)), Subject(case_id="a"), True),
        (c.Scope(kind=ScopeKind.CASE, subjects=("a",)), Subject(case_id="b"), False),
        (c.Scope(kind=ScopeKind.ENTRY, subjects=("e",)), Subject(entry_id="e"), True),
        (c.Scope(kind=ScopeKind.ENTRY, subjects=("e",)), Subject(case_id="e"), False),
        (
            c.Scope(kind=ScopeKind.DEPARTMENT, subjects=("d",)),
            Subject(department_ids=("p", "d")),
            True,
        ),
        (
            c.Scope(
                kind=ScopeKind.PERIOD, period_from=date(2026, 1, 1), period_to=date(2026, 3, 31)
            ),
            Subject(on=date(2026, 3, 31)),
            True,
        ),
        (
            c.Scope(
                kind=ScopeKind.PERIOD, period_from=date(2026, 1, 1), period_to=date(2026, 3, 31)
            ),
            Subject(on=date(2026, 4, 1)),
            False,
        ),
        (
            c.Scope(kind=ScopeKind.DEPARTMENT, subjects=("d",), period_from=date(2026, 1, 1)),
            Subject(department_ids=("d",)),
            False,
        ),
        (
            c.Scope(kind=ScopeKind.ALL, period_to=date(2026, 1, 1)),
            Subject(on=date(2026, 1, 2)),
            False,
        ),
    ],
)
def test_the_scope_bounds_what_is_read(scope: c.Scope, subject: Subject, *, expected: bool) -> None:
    opened = given(*CITY).when(OPEN.model_copy(update={"scope": scope}), AUDITOR)
    world = opened.then(e.AuditOpened).when(GRANT, AUDITOR, THURSDAY).then(e.AuditAccessGranted)
    assert may_read(_engagement(world), subject, THURSDAY) is expected


def test_nothing_is_read_outside_the_time_of_access() -> None:
    subject = Subject(department_ids=(org("civil"),))
    assert not may_read(_engagement(_opened()), subject, THURSDAY)
    assert not may_read(_engagement(_reading()), subject, THURSDAY - timedelta(seconds=1))
    silent = _served().when(CLOSE, AUDITOR, DRAFT_END).then(e.AuditClosed)
    assert may_read(_engagement(silent), subject, DRAFT_END - DAY)
    assert not may_read(_engagement(silent), subject, DRAFT_END)


def test_a_scope_says_what_its_kind_needs() -> None:
    with pytest.raises(ValidationError, match="names their ids"):
        c.Scope(kind=ScopeKind.CASE)
    with pytest.raises(ValidationError, match="names their ids"):
        c.Scope(kind=ScopeKind.ALL, subjects=("a",))
    with pytest.raises(ValidationError, match="first and its last day"):
        c.Scope(kind=ScopeKind.PERIOD, period_from=date(2026, 1, 1))
