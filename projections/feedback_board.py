"""使用反馈看板 Feedback board: what shared data was good for, and who answered (S-13)."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import msgspec
import psycopg

from hub.feedback import events as e
from hub.feedback.kinds import FeedbackStatus
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class FeedbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of feedback as it stands; `due_on` is the last day for the provider's answer."""

    feedback_id: str
    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    status: FeedbackStatus
    score: int
    cases: int
    materials_saved: int
    visits_saved: int
    effect: str
    problems: str
    submitted_at: datetime
    due_on: date
    provisional: bool
    overdue: bool = False
    answer: str = ""
    answered_at: datetime | None = None
    closed_at: datetime | None = None


class Scores(msgspec.Struct, frozen=True):
    """How an entry was judged: how often, and the mean of the scores 1 to 5."""

    count: int
    mean: Decimal | None


def keys(event: e.FeedbackEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the piece of feedback."""
    del recorded
    return ((event.feedback_id,),)


def fold(
    key: Key, row: FeedbackRow | None, event: e.FeedbackEvent, recorded: Recorded
) -> FeedbackRow | None:
    """Fold one event into the feedback."""
    del key, recorded
    if isinstance(event, e.FeedbackSubmitted):
        return _submitted(event)
    if row is None:
        return None
    row = msgspec.structs.replace(row, provider_id=event.provider_id)
    change = msgspec.structs.replace
    match event:
        case e.FeedbackAnswered():
            return change(
                row, status=FeedbackStatus.ANSWERED, answer=event.answer, answered_at=event.at
            )
        case e.FeedbackClosed():
            return change(row, status=FeedbackStatus.CLOSED, closed_at=event.at)
        case e.FeedbackAnswerOverdue():
            return change(row, overdue=True)
        case e.FeedbackDueConfirmed(due=due):
            return change(row, due_on=due.on, provisional=due.provisional)
        case _:
            return row


def _submitted(event: e.FeedbackSubmitted) -> FeedbackRow:
    return FeedbackRow(
        feedback_id=event.feedback_id,
        grant_id=event.grant_id,
        request_id=event.request_id,
        entry_id=event.entry_id,
        requester_id=event.requester_id,
        provider_id=event.provider_id,
        status=FeedbackStatus.SUBMITTED,
        score=event.score,
        cases=event.cases,
        materials_saved=event.materials_saved,
        visits_saved=event.visits_saved,
        effect=event.effect,
        problems=event.problems,
        submitted_at=event.at,
        due_on=event.due.on,
        provisional=event.due.provisional,
    )


FEEDBACK_BOARD = Projection(
    name="feedback_board",
    version=1,
    row=FeedbackRow,
    key=("feedback_id",),
    reads=(e.FeedbackEvent,),
    keys=keys,
    fold=fold,
)


def feedback(connection: psycopg.Connection, feedback_id: str) -> FeedbackRow | None:
    """Return one piece of feedback."""
    with connection.cursor(row_factory=as_row(FeedbackRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM feedback_board
             WHERE feedback_id = %s
            """,
            (feedback_id,),
        ).fetchone()


def feedbacks(
    connection: psycopg.Connection,
    *,
    department_id: str = "",
    entry_id: str = "",
    grant_id: str = "",
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[FeedbackRow]:
    """Return feedback, the newest first: a department's (given or received), an entry's, a grant's.

    The next page begins `after` (submitted_at, feedback_id) of this one's last line.
    """
    moment, feedback_id = after or (None, "")
    with connection.cursor(row_factory=as_row(FeedbackRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM feedback_board
             WHERE (%(department_id)s = '' OR %(department_id)s IN (provider_id, requester_id))
               AND (%(entry_id)s = '' OR entry_id = %(entry_id)s)
               AND (%(grant_id)s = '' OR grant_id = %(grant_id)s)
               AND (%(moment)s::timestamptz IS NULL
                    OR (submitted_at, feedback_id) < (%(moment)s, %(feedback_id)s))
             ORDER BY submitted_at DESC, feedback_id DESC
             LIMIT %(limit)s
            """,
            {
                "department_id": department_id,
                "entry_id": entry_id,
                "grant_id": grant_id,
                "moment": moment,
                "feedback_id": feedback_id,
                "limit": limit,
            },
        ).fetchall()


def scores_of_entry(connection: psycopg.Connection, entry_id: str) -> Scores:
    """Return how often an entry was judged and the mean score, rounded to two places."""
    with connection.cursor(row_factory=as_row(Scores)) as cursor:
        found = cursor.execute(
            """
            SELECT count(*) AS count, round(avg(score), 2) AS mean
              FROM feedback_board
             WHERE entry_id = %s
            """,
            (entry_id,),
        ).fetchone()
    return found or Scores(0, None)
