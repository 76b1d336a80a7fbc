"""Questions about what came back 反馈: usage feedback and correction cases, to their parties."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer, whose
from hub.command import CorrectionId, EntryId, FeedbackId, GrantId, OrgId
from hub.departments.calendar import local_day
from hub.feedback.kinds import CorrectionStatus
from hub.supervision.audit import Subject
from projections import correction_board, feedback_board
from projections.correction_board import CORRECTION_BOARD, CorrectionRow
from projections.feedback_board import FEEDBACK_BOARD, FeedbackRow

router = APIRouter(prefix="/api/v1/feedback", tags=["feedback"])
PLACES["feedback.feedback"] = "/api/v1/feedback/feedbacks"
PLACES["feedback.correction"] = "/api/v1/feedback/corrections"


def of_correction(row: CorrectionRow) -> Subject:
    """Return whom a correction case concerns."""
    parties = (row.raiser_id, row.provider_id)
    return Subject(row.correction_id, row.entry_id, parties, local_day(row.requested_at))


def of_feedback(row: FeedbackRow) -> Subject:
    """Return whom a piece of feedback concerns."""
    parties = (row.requester_id, row.provider_id)
    return Subject(row.request_id, row.entry_id, parties, local_day(row.submitted_at))


@router.get("/corrections", summary="Correction cases 校核更正", **listing(CorrectionRow))
async def corrections(
    asked: A,
    department_id: OrgId | None = None,
    entry_id: EntryId | None = None,
    status: CorrectionStatus | None = None,
) -> Response:
    """List correction cases, the newest first: raised by a department or to be answered by it."""
    now = asked.desk.clock()
    department = await whose(asked.reader, asked.desk.standings, department_id or "", now)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda connection: correction_board.corrections(
            connection,
            department_id=department,
            entry_id=entry_id or "",
            status=status,
            after=last,
            limit=asked.limit,
        ),
        CorrectionRow,
        key=lambda row: (row.requested_at, row.correction_id),
        view=CORRECTION_BOARD.name,
        about=of_correction,
    )


@router.get(
    "/corrections/{correction_id}", summary="One correction case 校核件", **single(CorrectionRow)
)
async def correction(
    asked: A, correction_id: Annotated[CorrectionId, Path(description="feedback.correction:…")]
) -> Response:
    """Show one correction case as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: correction_board.correction(connection, correction_id),
        correction_id,
        view=CORRECTION_BOARD.name,
        about=of_correction,
    )


@router.get("/feedbacks", summary="Usage feedback 使用反馈", **listing(FeedbackRow))
async def feedbacks(
    asked: A,
    department_id: OrgId | None = None,
    entry_id: EntryId | None = None,
    grant_id: GrantId | None = None,
) -> Response:
    """List usage feedback, the newest first: given or received by a department."""
    now = asked.desk.clock()
    department = await whose(asked.reader, asked.desk.standings, department_id or "", now)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda connection: feedback_board.feedbacks(
            connection,
            department_id=department,
            entry_id=entry_id or "",
            grant_id=grant_id or "",
            after=last,
            limit=asked.limit,
        ),
        FeedbackRow,
        key=lambda row: (row.submitted_at, row.feedback_id),
        view=FEEDBACK_BOARD.name,
        about=of_feedback,
    )


@router.get("/feedbacks/{feedback_id}", summary="One feedback 反馈件", **single(FeedbackRow))
async def feedback(
    asked: A, feedback_id: Annotated[FeedbackId, Path(description="feedback.feedback:…")]
) -> Response:
    """Show one piece of feedback with its answer."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: feedback_board.feedback(connection, feedback_id),
        feedback_id,
        view=FEEDBACK_BOARD.name,
        about=of_feedback,
    )
