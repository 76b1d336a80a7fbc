"""The boards of corrections and feedback, built from what the rules really make."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hub.actor import CLOCK, Role
from hub.feedback import commands as c
from hub.feedback.kinds import CorrectionStatus, Defect, FeedbackStatus, Verdict
from projections.correction_board import (
    CORRECTION_BOARD,
    correction,
    corrections,
    flags_of_entry,
)
from projections.feedback_board import FEEDBACK_BOARD, feedback, feedbacks, scores_of_entry
from tests.hub.departments.city import org, who
from tests.hub.feedback.test_correction import (
    ANSWER,
    CLERK,
    CONTEST,
    CORRECT,
    END,
    FLAG,
    OVERDUE,
    RAISER,
    REQUEST,
    SOURCE,
    TO_MARKET,
    WRONG,
)
from tests.hub.feedback.test_feedback import ANSWER as REPLY
from tests.hub.feedback.test_feedback import CLOSE, GIVER, SUBMIT, USED, USER
from tests.hub.feedback.world import ENTRY, WORLD
from tests.hub.kit import NOON
from tests.projections.feedback.play import Play

if TYPE_CHECKING:
    from tests.projections.kit import Given

DAY = timedelta(days=1)


def _requests(count: int) -> Play:
    play = Play(*WORLD)
    for number in range(count):
        command = REQUEST.model_copy(update={"correction_id": f"feedback.correction:{number}"})
        play.does(command, RAISER, NOON + number * DAY)
    return play


def test_a_case_shows_who_must_answer_until_when(given: Given) -> None:
    play = Play(*WORLD).does(REQUEST, RAISER).does(FLAG, CLERK)
    play.does(TO_MARKET, SOURCE).does(OVERDUE, CLOCK, END)
    connection = given(*play.events).shown_by(CORRECTION_BOARD)
    row = correction(connection, REQUEST.correction_id)
    assert row is not None
    assert (row.provider_id, row.due_on, row.overdue) == (org("market"), date(2026, 3, 16), True)
    assert (row.status, row.passed_on, row.trace) == (
        CorrectionStatus.RECEIVED,
        1,
        "字段来自市场库",
    )
    assert [case.correction_id for case in flags_of_entry(connection, ENTRY)] == [row.correction_id]
    assert correction(connection, "feedback.correction:none") is None


def test_a_case_shows_how_it_ended(given: Given) -> None:
    play = Play(*WORLD).does(REQUEST, RAISER).does(WRONG, CLERK).does(CORRECT, CLERK)
    play.does(ANSWER, SOURCE, NOON + 2 * DAY).does(CONTEST, RAISER, NOON + 3 * DAY)
    row = correction(given(*play.events).shown_by(CORRECTION_BOARD), REQUEST.correction_id)
    assert row is not None
    assert (row.status, row.verdict, row.defect) == (
        CorrectionStatus.DISPUTED,
        Verdict.WRONG,
        Defect.INACCURATE,
    )
    assert (row.corrected, row.took_days, row.outcome, row.contested) == (
        True,
        2,
        "三条已更正",
        "仍有一条不一致",
    )


def test_cases_are_listed_newest_first_and_paged(given: Given) -> None:
    connection = given(*_requests(3).events).shown_by(CORRECTION_BOARD)
    first = corrections(connection, limit=2)
    assert [row.correction_id[-1] for row in first] == ["2", "1"]
    last = (first[-1].requested_at, first[-1].correction_id)
    assert [row.correction_id[-1] for row in corrections(connection, after=last)] == ["0"]
    for name, expected in {"civil": 3, "tax": 3, "market": 0}.items():
        assert len(corrections(connection, department_id=org(name))) == expected
    assert corrections(connection, status=CorrectionStatus.CLOSED) == []
    assert len(corrections(connection, entry_id=ENTRY)) == 3


def test_feedback_shows_its_answer_and_the_mean_score(given: Given) -> None:
    second = SUBMIT.model_copy(update={"feedback_id": "feedback.feedback:2", "score": 5})
    play = Play(*WORLD, *USED).does(SUBMIT, USER).does(REPLY, GIVER).does(CLOSE, USER)
    play.does(second, USER, NOON + DAY)
    late = c.RecordFeedbackAnswerOverdue(feedback_id=second.feedback_id)
    play.does(late, CLOCK, NOON + 30 * DAY)
    connection = given(*play.events).shown_by(FEEDBACK_BOARD)
    row = feedback(connection, SUBMIT.feedback_id)
    assert row is not None
    assert (row.status, row.answer, row.materials_saved) == (
        FeedbackStatus.CLOSED,
        "谢谢，已记录",
        120,
    )
    newest = feedbacks(connection, grant_id=SUBMIT.grant_id)[0]
    assert (newest.feedback_id, newest.overdue) == (second.feedback_id, True)
    assert scores_of_entry(connection, ENTRY).mean == Decimal("4.50")
    assert scores_of_entry(connection, "catalog.entry:none").count == 0


def test_feedback_is_listed_by_department_and_paged(given: Given) -> None:
    second = SUBMIT.model_copy(update={"feedback_id": "feedback.feedback:2"})
    play = Play(*WORLD, *USED).does(SUBMIT, USER).does(second, USER, NOON + DAY)
    connection = given(*play.events).shown_by(FEEDBACK_BOARD)
    (first,) = feedbacks(connection, department_id=org("civil"), limit=1)
    assert first.feedback_id == second.feedback_id
    last = (first.submitted_at, first.feedback_id)
    assert [row.feedback_id for row in feedbacks(connection, after=last)] == [SUBMIT.feedback_id]
    assert feedbacks(connection, department_id=who("market", Role.CATALOGUER).org_id) == []
