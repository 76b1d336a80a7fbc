"""校核办理 What the provider does with a correction case, and what the raiser says to the answer.

The data is served on with its flag while it is checked, and citizens' matters go on with valid
papers: no command here stops a service (trap 8).
"""

from datetime import datetime

from hub.actor import Actor
from hub.convergence.batch import DataBatch
from hub.departments.calendar import calendars_at, local_day, working_days_between
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.feedback.correction import CorrectionCase, about
from hub.feedback.kinds import CorrectionStatus as Status
from hub.feedback.kinds import Verdict
from hub.state import States

_DECIDED = (Status.CORRECTED, Status.DECLINED)
_OPEN = (Status.RECEIVED, Status.VERIFIED, *_DECIDED)


def flag(command: c.FlagRecords, states: States, by: Actor, at: datetime) -> e.RecordsFlagged:
    """Flag the records while they are checked."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(*_OPEN)
    if case.flagged:
        raise Conflict("the records are flagged already", "相关数据已标注")
    return e.RecordsFlagged(**about(command.correction_id, states, by, at), note=command.note)


def verify(
    command: c.VerifyCorrection, states: States, by: Actor, at: datetime
) -> e.CorrectionVerified:
    """Say what the check found."""
    states.the(CorrectionCase, command.correction_id).require(Status.RECEIVED)
    return e.CorrectionVerified(
        **about(command.correction_id, states, by, at),
        verdict=command.verdict,
        finding=command.finding,
    )


def correct(command: c.CorrectData, states: States, by: Actor, at: datetime) -> e.DataCorrected:
    """Put the data right; what was found to be right is not touched."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(Status.VERIFIED)
    if case.verdict is Verdict.RIGHT:
        raise Conflict(
            "the data was found to be right; decline the case with that reason",
            "核实结果为数据无误，请说明理由不予更正",
        )
    ids = about(command.correction_id, states, by, at)
    if command.batch_id is not None:
        batch = states.the(DataBatch, command.batch_id)
        if batch.provider_id != ids["provider_id"]:
            raise Invalid(
                f"{command.batch_id} is a delivery of {batch.provider_id}, not of this source",
                f"{command.batch_id}不是本数源部门的汇聚批次",
                where="batch_id",
            )
    return e.DataCorrected(
        **ids, records=command.records, how=command.how, batch_id=command.batch_id or ""
    )


def decline(
    command: c.DeclineCorrection, states: States, by: Actor, at: datetime
) -> e.CorrectionDeclined:
    """Keep the data, for a reason; data found wrong must be corrected."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(Status.VERIFIED)
    if case.verdict is Verdict.WRONG:
        raise Conflict(
            "the data was found to be wrong and must be corrected (Decree 809 §26)",
            "核实结果为数据有误，应当予以更正(条例第二十六条)",
        )
    return e.CorrectionDeclined(
        **about(command.correction_id, states, by, at), reason=command.reason
    )


def answer(
    command: c.ReturnCorrectionResult, states: States, by: Actor, at: datetime
) -> e.CorrectionResultReturned:
    """Answer the raiser; possible after the term too, the delay stays recorded."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(*_DECIDED)
    started, today = local_day(case.requested_at), local_day(at)
    return e.CorrectionResultReturned(
        **about(command.correction_id, states, by, at),
        result=command.result,
        corrected=case.corrected,
        took_days=working_days_between(started, today, calendars_at(states, at)),
    )


def accept(
    command: c.ConfirmCorrection, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Accept the answer; the flag goes with the close of the case."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(Status.ANSWERED)
    ids = about(command.correction_id, states, by, at)
    confirmed = e.CorrectionConfirmed(**ids)
    return (confirmed, e.FlagCleared(**ids)) if case.flagged else (confirmed,)


def contest(
    command: c.ContestCorrection, states: States, by: Actor, at: datetime
) -> e.CorrectionContested:
    """Do not accept the answer."""
    states.the(CorrectionCase, command.correction_id).require(Status.ANSWERED)
    return e.CorrectionContested(
        **about(command.correction_id, states, by, at), reason=command.reason
    )


def clear_flag(command: c.ClearFlag, states: States, by: Actor, at: datetime) -> e.FlagCleared:
    """Take the flag off once the case is decided."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(*_DECIDED, Status.ANSWERED, Status.DISPUTED)
    if not case.flagged:
        raise Conflict("the records are not flagged", "相关数据未标注")
    return e.FlagCleared(**about(command.correction_id, states, by, at), reason=command.reason)
