"""Wrong data is put right at its source, in ten working days from receipt at the platform."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from hub.actor import CLOCK, Role
from hub.catalog.events import CatalogEntryHandedOver
from hub.convergence.events import BatchDelivered
from hub.departments.commands import ChangePolicy
from hub.departments.events import PolicyChanged, WorkCalendarPublished
from hub.errors import Conflict, Forbidden, Invalid
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.feedback.correction import CorrectionCase
from hub.feedback.kinds import Defect, Verdict
from tests.hub.departments.city import FOUNDED, OPERATOR, org, who
from tests.hub.feedback.world import (
    BEFORE,
    CIVIL,
    CONTENT,
    ENTRY,
    OTHER_ENTRY,
    RESOURCE,
    WORLD,
    entry,
)
from tests.hub.kit import NOON, Given, given

CASE = "feedback.correction:1"
DAY = timedelta(days=1)
RAISER = who("tax", Role.BUSINESS_USER)
SOURCE = who("civil", Role.SHARING_HEAD)
CLERK = who("civil", Role.CATALOGUER)
HASH = "sha256:" + "d" * 64
REQUEST = c.RequestCorrection(
    correction_id=CASE,
    entry_id=ENTRY,
    raiser_id=org("tax"),
    defect=Defect.INACCURATE,
    what="登记日期早于出生日期",
    items=("登记日期",),
    records=3,
    record_hashes=(HASH,),
)
FORWARD = c.ForwardCorrection(correction_id=CASE)
TO_MARKET = c.ReturnCorrection(correction_id=CASE, source_id=org("market"), trace="字段来自市场库")
FLAG = c.FlagRecords(correction_id=CASE)
WRONG = c.VerifyCorrection(correction_id=CASE, verdict=Verdict.WRONG, finding="三条录入有误")
CORRECT = c.CorrectData(correction_id=CASE, records=3, how="已更正并重新汇聚")
DECLINE = c.DeclineCorrection(correction_id=CASE, reason="经核实与档案一致")
ANSWER = c.ReturnCorrectionResult(correction_id=CASE, result="三条已更正")
CONFIRM = c.ConfirmCorrection(correction_id=CASE)
CONTEST = c.ContestCorrection(correction_id=CASE, reason="仍有一条不一致")
CLEAR = c.ClearFlag(correction_id=CASE, reason="争议已解决")
OVERDUE = c.RecordCorrectionOverdue(correction_id=CASE)
END = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
"""The end of 16 March in China: ten working days after Monday 2 March."""


def _received() -> Given:
    opened = given(*WORLD).when(REQUEST, RAISER)
    return opened.then(e.CorrectionRequested, e.CorrectionReceived)


def _verified(verdict: Verdict = Verdict.WRONG) -> Given:
    command = WRONG.model_copy(update={"verdict": verdict})
    return _received().when(command, CLERK).then(e.CorrectionVerified)


def _answered() -> Given:
    corrected = _verified().when(CORRECT, CLERK).then(e.DataCorrected)
    return corrected.when(ANSWER, SOURCE, NOON + 3 * DAY).then(e.CorrectionResultReturned)


def _case(world: Given) -> CorrectionCase:
    case = world.states[CASE]
    assert isinstance(case, CorrectionCase)
    return case


def test_a_case_is_received_at_once_and_due_in_ten_working_days() -> None:
    due = _case(_received()).due
    assert due is not None
    assert (due.on, due.owner_id, due.ends_at) == (date(2026, 3, 16), org("civil"), END)


@pytest.mark.parametrize(
    ("received", "due_on"),
    [
        (date(2025, 9, 26), date(2025, 10, 16)),
        (date(2026, 2, 13), date(2026, 3, 5)),
        (date(2026, 4, 30), date(2026, 5, 18)),
        (date(2026, 9, 19), date(2026, 10, 9)),
        (date(2026, 12, 17), date(2026, 12, 31)),
    ],
)
def test_the_term_follows_the_work_calendar(received: date, due_on: date) -> None:
    at = datetime(received.year, received.month, received.day, 4, tzinfo=UTC)
    _, event = given(*WORLD).when(REQUEST, RAISER, at).events()
    assert isinstance(event, e.CorrectionReceived)
    assert event.due.on == due_on


def test_a_case_goes_from_request_to_close() -> None:
    assert _case(_answered()).corrected
    closed = _answered().when(CONFIRM, RAISER).then(e.CorrectionConfirmed)
    closed.when(CONTEST, RAISER).refused(Conflict, "closed")


def test_the_answer_says_how_many_working_days_it_took() -> None:
    corrected = _verified().when(CORRECT, CLERK).then(e.DataCorrected)
    (answered,) = corrected.when(ANSWER, SOURCE, NOON + 7 * DAY).events()
    assert isinstance(answered, e.CorrectionResultReturned)
    assert (answered.took_days, answered.corrected) == (5, True)


def test_any_department_may_report_but_not_against_itself() -> None:
    own = REQUEST.model_copy(update={"raiser_id": org("civil")})
    given(*WORLD).when(own, who("civil", Role.BUSINESS_USER)).refused(Invalid, "its own data")
    given(*WORLD).when(REQUEST, who("market", Role.BUSINESS_USER)).refused(Forbidden)
    _received().when(REQUEST, RAISER).refused(Conflict, "exists already")


def test_a_case_names_what_is_wrong_and_never_whom() -> None:
    strange = REQUEST.model_copy(update={"items": ("年龄",)})
    given(*WORLD).when(strange, RAISER).refused(Invalid, "no data item")
    with pytest.raises(ValidationError, match="record_hashes"):
        c.RequestCorrection.model_validate(
            {**REQUEST.model_dump(), "record_hashes": ("430101199001011234",)}
        )


def test_a_resource_named_belongs_to_the_entry() -> None:
    named = REQUEST.model_copy(update={"resource_id": RESOURCE})
    given(*WORLD).when(named, RAISER).then(e.CorrectionRequested, e.CorrectionReceived)
    elsewhere = named.model_copy(update={"entry_id": OTHER_ENTRY})
    given(*WORLD, *entry(OTHER_ENTRY)).when(elsewhere, RAISER).refused(Invalid, "not belong")


def test_a_case_passed_to_the_true_source_keeps_its_first_clock() -> None:
    passed = _received().when(TO_MARKET, SOURCE, NOON + 4 * DAY).then(e.CorrectionReturned)
    due = _case(passed).due
    assert due is not None
    assert (due.on, due.owner_id) == (date(2026, 3, 16), org("market"))
    passed.when(WRONG, CLERK).refused(Forbidden)
    passed.when(WRONG, who("market", Role.CATALOGUER)).then(e.CorrectionVerified)
    (late,) = passed.when(OVERDUE, CLOCK, END).events()
    assert isinstance(late, e.CorrectionOverdue)
    assert late.provider_id == org("market")


@pytest.mark.parametrize("target", ["civil", "tax"])
def test_a_case_does_not_go_in_circles(target: str) -> None:
    command = TO_MARKET.model_copy(update={"source_id": org(target)})
    _received().when(command, SOURCE).refused(Invalid, "passed it on before")
    passed = _received().when(TO_MARKET, SOURCE).then(e.CorrectionReturned)
    passed.when(command, who("market", Role.SHARING_HEAD)).refused(Invalid)


def test_where_the_authority_forwards_the_clock_still_runs_from_the_platform() -> None:
    reviewer = who("city", Role.AUTHORITY_REVIEWER)
    policy = ChangePolicy(policy="forwarding", value="on", document="市校核办法")
    world = given(*WORLD).when(policy, reviewer).then(PolicyChanged)
    requested = world.when(REQUEST, RAISER).then(e.CorrectionRequested)
    requested.when(WRONG, CLERK).refused(Conflict, "requested")
    requested.when(OVERDUE, CLOCK, END).refused(Conflict, "no term")
    slow = c.RecordForwardingOverdue(correction_id=CASE)
    requested.when(slow, CLOCK, NOON + DAY).refused(Conflict, "runs to the end")
    late = requested.when(slow, CLOCK, NOON + 3 * DAY).then(e.ForwardingOverdue)
    forwarded = late.when(FORWARD, reviewer, NOON + 3 * DAY).then(e.CorrectionReceived)
    due = _case(forwarded).due
    assert due is not None
    assert due.on == date(2026, 3, 16)
    forwarded.when(FORWARD, reviewer).refused(Conflict, "received")


def test_what_is_wrong_is_corrected_and_what_is_right_is_not() -> None:
    _verified(Verdict.WRONG).when(DECLINE, SOURCE).refused(Conflict, "must be corrected")
    _verified(Verdict.RIGHT).when(CORRECT, CLERK).refused(Conflict, "found to be right")
    _verified(Verdict.RIGHT).when(DECLINE, SOURCE).then(e.CorrectionDeclined)
    _verified(Verdict.PARTLY_WRONG).when(DECLINE, SOURCE).then(e.CorrectionDeclined)
    _verified(Verdict.PARTLY_WRONG).when(CORRECT, CLERK).then(e.DataCorrected)


def test_the_correcting_batch_is_the_sources_own() -> None:
    delivered = BatchDelivered(
        at=BEFORE,
        by=CIVIL,
        batch_id="convergence.batch:9",
        resource_id="convergence.resource:x",
        entry_id=OTHER_ENTRY,
        provider_id=org("market"),
        period="2026-02",
        rows=1,
        bytes=1,
        sha256=HASH,
        file_name="a.csv",
        content_type="text/csv",
        standard_version="1",
    )
    command = CORRECT.model_copy(update={"batch_id": delivered.batch_id})
    world = given(*WORLD, delivered).when(REQUEST, RAISER)
    verified = world.then(e.CorrectionRequested, e.CorrectionReceived).when(WRONG, CLERK)
    verified.then(e.CorrectionVerified).when(command, CLERK).refused(Invalid, "not of this source")


def test_only_the_sharing_head_answers() -> None:
    corrected = _verified().when(CORRECT, CLERK).then(e.DataCorrected)
    corrected.when(ANSWER, CLERK).refused(Forbidden)
    _verified().when(ANSWER, SOURCE).refused(Conflict, "verified")


def test_a_flag_stays_until_the_case_is_closed_or_decided() -> None:
    flagged = _received().when(FLAG, CLERK).then(e.RecordsFlagged)
    flagged.when(FLAG, CLERK).refused(Conflict, "flagged already")
    flagged.when(CLEAR, CLERK).refused(Conflict, "received")
    verified = flagged.when(WRONG, CLERK).then(e.CorrectionVerified)
    answered = verified.when(CORRECT, CLERK).then(e.DataCorrected).when(ANSWER, SOURCE)
    world = answered.then(e.CorrectionResultReturned)
    closed = world.when(CONFIRM, RAISER).then(e.CorrectionConfirmed, e.FlagCleared)
    assert not _case(closed).flagged


def test_a_contested_answer_keeps_the_flag_until_it_is_cleared() -> None:
    flagged = _received().when(FLAG, CLERK).then(e.RecordsFlagged)
    verified = flagged.when(WRONG, CLERK).then(e.CorrectionVerified)
    answered = verified.when(CORRECT, CLERK).then(e.DataCorrected).when(ANSWER, SOURCE)
    contested = answered.then(e.CorrectionResultReturned).when(CONTEST, RAISER)
    world = contested.then(e.CorrectionContested)
    assert _case(world).flagged
    world.when(CLEAR, CLERK).then(e.FlagCleared)
    _answered().when(CLEAR, CLERK).refused(Conflict, "not flagged")


def test_a_late_answer_is_recorded_late_once() -> None:
    _received().when(OVERDUE, CLOCK, END - timedelta(seconds=1)).refused(Conflict, "runs to")
    late = _received().when(OVERDUE, CLOCK, END).then(e.CorrectionOverdue)
    late.when(OVERDUE, CLOCK, END).refused(Conflict, "recorded already")
    _answered().when(OVERDUE, CLOCK, END).refused(Conflict, "done before")
    corrected = _verified().when(CORRECT, CLERK).then(e.DataCorrected)
    after = corrected.when(ANSWER, SOURCE, END).then(e.CorrectionResultReturned)
    after.when(OVERDUE, CLOCK, END).then(e.CorrectionOverdue)


def test_nobody_is_late_on_a_provisional_date() -> None:
    december = datetime(2026, 12, 21, 4, tzinfo=UTC)
    confirm = c.ConfirmCorrectionDue(correction_id=CASE)
    opened = given(*WORLD).when(REQUEST, RAISER, december)
    world = opened.then(e.CorrectionRequested, e.CorrectionReceived)
    much_later = datetime(2027, 2, 1, tzinfo=UTC)
    world.when(OVERDUE, CLOCK, much_later).refused(Conflict, "provisional")
    world.when(confirm, CLOCK, december).refused(Conflict, "not published")
    year_2027 = WorkCalendarPublished(
        at=FOUNDED,
        by=OPERATOR,
        calendar_id="departments.calendar:2027",
        year=2027,
        holidays=(date(2027, 1, 1), date(2027, 1, 4)),
        makeup_days=(),
        document="国务院办公厅通知",
    )
    world._fold(year_2027)  # noqa: SLF001  # something else happened meanwhile
    confirmed = world.when(confirm, CLOCK, much_later).then(e.CorrectionDueConfirmed)
    due = _case(confirmed).due
    assert due is not None
    assert (due.on, due.provisional) == (date(2027, 1, 6), False)
    confirmed.when(OVERDUE, CLOCK, much_later).then(e.CorrectionOverdue)
    confirmed.when(confirm, CLOCK, much_later).refused(Conflict, "no provisional")


def test_an_open_case_follows_its_entry_to_another_department() -> None:
    moved = CatalogEntryHandedOver(
        at=NOON,
        by=CIVIL,
        entry_id=ENTRY,
        provider_id=org("civil"),
        receiver_id=org("market"),
        reason="机构改革",
        version=2,
        content=CONTENT,
    )
    world = _received()
    world._fold(moved)  # noqa: SLF001  # something else happened meanwhile
    world.when(WRONG, CLERK).refused(Forbidden)
    world.when(WRONG, who("market", Role.CATALOGUER)).then(e.CorrectionVerified)
