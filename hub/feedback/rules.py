"""The chapter's lines of the write side: command → function, what it loads, who may (§3.4).

`hub.decide` puts them beside the other chapters'; it explains how to read a line.
"""

from hub.actor import Role
from hub.command import Command
from hub.feedback import commands as f
from hub.feedback import (
    correction,
    correction_answer,
    correction_routing,
    feedback_duty,
    usage_feedback,
)
from hub.permit import Permit, anywhere, own, region
from hub.rule import Rule, rule
from hub.state import Evolve

SHARING_HEAD = Role.SHARING_HEAD
BUSINESS = Role.BUSINESS_USER
CATALOGUER = Role.CATALOGUER
REVIEWER = Role.AUTHORITY_REVIEWER
CLOCK = Role.CLOCK

STATES: dict[str, Evolve] = {
    usage_feedback.UsageFeedback.STREAM: usage_feedback.evolve,
    feedback_duty.FeedbackDuty.STREAM: feedback_duty.evolve,
    correction.CorrectionCase.STREAM: correction.evolve,
}

_CASE = "correction_id correction_id.entry_id"
_GIVEN = "feedback_id feedback_id.entry_id"


def _by_source(*roles: Role) -> tuple[Permit, Permit]:
    """Let these roles of who must answer a case: the entry's provider, or the source named."""
    return (
        own("correction_id.shown_entry_id.provider_id", *roles),
        own("correction_id.source_id", *roles),
    )


FEEDBACK: dict[type[Command], Rule] = {
    f.SubmitFeedback: rule(
        usage_feedback.submit,
        "feedback_id duty_id usage_id grant_id.entry_id @time",
        own("grant_id.requester_id", SHARING_HEAD, BUSINESS),
    ),
    f.AnswerFeedback: rule(
        usage_feedback.answer, _GIVEN, own("feedback_id.entry_id.provider_id", SHARING_HEAD)
    ),
    f.CloseFeedback: rule(
        usage_feedback.close, _GIVEN, own("feedback_id.requester_id", SHARING_HEAD, BUSINESS)
    ),
    f.RecordFeedbackOverdue: rule(
        feedback_duty.record_overdue, "duty_id usage_id grant_id", anywhere(CLOCK)
    ),
    f.RecordFeedbackAnswerOverdue: rule(usage_feedback.record_overdue, _GIVEN, anywhere(CLOCK)),
    f.ConfirmFeedbackDue: rule(usage_feedback.confirm_due, f"{_GIVEN} @time", anywhere(CLOCK)),
    f.RequestCorrection: rule(
        correction_routing.request,
        "correction_id entry_id.provider_id.superior_id resource_id founding_id @time",
        own("raiser_id", SHARING_HEAD, BUSINESS),
    ),
    f.ForwardCorrection: rule(
        correction_routing.forward,
        f"{_CASE} @time",
        region("correction_id.shown_entry_id.provider_id", REVIEWER),
    ),
    f.ReturnCorrection: rule(
        correction_routing.pass_on, f"{_CASE} source_id", *_by_source(SHARING_HEAD)
    ),
    f.FlagRecords: rule(correction_answer.flag, _CASE, *_by_source(SHARING_HEAD, CATALOGUER)),
    f.VerifyCorrection: rule(
        correction_answer.verify, _CASE, *_by_source(SHARING_HEAD, CATALOGUER)
    ),
    f.CorrectData: rule(
        correction_answer.correct, f"{_CASE} batch_id", *_by_source(SHARING_HEAD, CATALOGUER)
    ),
    f.DeclineCorrection: rule(correction_answer.decline, _CASE, *_by_source(SHARING_HEAD)),
    f.ReturnCorrectionResult: rule(
        correction_answer.answer, f"{_CASE} @time", *_by_source(SHARING_HEAD)
    ),
    f.ConfirmCorrection: rule(
        correction_answer.accept, _CASE, own("correction_id.raiser_id", SHARING_HEAD, BUSINESS)
    ),
    f.ContestCorrection: rule(
        correction_answer.contest, _CASE, own("correction_id.raiser_id", SHARING_HEAD, BUSINESS)
    ),
    f.ClearFlag: rule(correction_answer.clear_flag, _CASE, *_by_source(SHARING_HEAD, CATALOGUER)),
    f.RecordCorrectionOverdue: rule(correction_routing.record_overdue, _CASE, anywhere(CLOCK)),
    f.RecordForwardingOverdue: rule(
        correction_routing.record_forwarding_overdue, _CASE, anywhere(CLOCK)
    ),
    f.ConfirmCorrectionDue: rule(correction_routing.confirm_due, f"{_CASE} @time", anywhere(CLOCK)),
}
