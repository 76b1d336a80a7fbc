"""What may be asked about usage feedback and correction cases.

Text here speaks of data, never of a citizen: who is meant is said by keyed hashes of records. What
a citizen himself stated, and how he can be reached, is personal text and never enters the record.
"""

from typing import Annotated

from pydantic import Field

from hub.command import (
    BatchId,
    Command,
    CorrectionId,
    EntryId,
    FeedbackId,
    GrantId,
    Line,
    Note,
    OrgId,
    Reason,
    ResourceId,
    Sha256,
)
from hub.feedback.kinds import Defect, Verdict
from hub.personal import CitizenId, Personal, PersonalLine, PersonalNote

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""How many."""
_CITIZEN = Personal(subject="citizen_id", holder="raiser_id")


class _OfGrant(Command):
    grant_id: GrantId

    @property
    def duty_id(self) -> str:
        """Return the stream of the duty to give feedback on this grant."""
        return f"feedback.duty:{self.grant_id.partition(':')[2]}"

    @property
    def usage_id(self) -> str:
        """Return the use register of this grant: its first use started the clock."""
        return f"sharing.usage:{self.grant_id.partition(':')[2]}"


class SubmitFeedback(_OfGrant):
    """Tell what the data was used for: score 1 to 5, cases handled, what citizens were spared."""

    feedback_id: FeedbackId
    score: Annotated[int, Field(ge=1, le=5)]
    cases: Count = 0
    materials_saved: Count = 0
    visits_saved: Count = 0
    effect: Reason
    problems: Note = ""


class AnswerFeedback(Command):
    """Answer feedback as its provider."""

    feedback_id: FeedbackId
    answer: Reason


class CloseFeedback(Command):
    """Close feedback as its requester."""

    feedback_id: FeedbackId
    note: Note = ""


class RecordFeedbackOverdue(_OfGrant):
    """Record that no feedback on a grant came in time."""


class RecordFeedbackAnswerOverdue(Command):
    """Record that feedback was not answered in time."""

    feedback_id: FeedbackId


class ConfirmFeedbackDue(Command):
    """Give the provisional term of an answer its final date once the calendar is published."""

    feedback_id: FeedbackId


class RequestCorrection(Command):
    """Report wrong data of an entry: the items, how many records, keyed hashes of them.

    Where a citizen pointed it out: his statement, and how to reach him, under a random key.
    """

    correction_id: CorrectionId
    entry_id: EntryId
    raiser_id: OrgId
    defect: Defect
    what: Reason
    items: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    records: Annotated[int, Field(ge=1, le=1_000_000_000)]
    record_hashes: Annotated[tuple[Sha256, ...], Field(max_length=200)] = ()
    resource_id: ResourceId | None = None
    citizen_id: CitizenId | None = None
    contact: Annotated[PersonalLine, _CITIZEN] = ""
    statement: Annotated[PersonalNote, _CITIZEN] = ""

    @property
    def founding_id(self) -> str:
        """Return the founding: the city's first authority forwards where no other is named."""
        return "departments.founding:city"


class _OfCorrection(Command):
    correction_id: CorrectionId


class ForwardCorrection(_OfCorrection):
    """Pass a case on to the provider, where the authority forwards."""


class ReturnCorrection(_OfCorrection):
    """Pass the case on to the true source, saying how it was traced."""

    source_id: OrgId
    trace: Reason


class FlagRecords(_OfCorrection):
    """Flag the records while they are checked; they are still served."""

    note: Note = ""


class VerifyCorrection(_OfCorrection):
    """Say what the check against the department's own files found."""

    verdict: Verdict
    finding: Reason


class CorrectData(_OfCorrection):
    """Put the data right at the source; name the batch that brought it, if one did."""

    records: Count
    how: Reason
    batch_id: BatchId | None = None


class DeclineCorrection(_OfCorrection):
    """Keep the data as it is, for a reason."""

    reason: Reason


class ReturnCorrectionResult(_OfCorrection):
    """Answer the raiser."""

    result: Reason


class ConfirmCorrection(_OfCorrection):
    """Accept the answer; the case is closed and a flag goes."""


class ContestCorrection(_OfCorrection):
    """Do not accept the answer."""

    reason: Reason


class ClearFlag(_OfCorrection):
    """Take the flag off the records once the case is decided."""

    reason: Reason


class RecordCorrectionOverdue(_OfCorrection):
    """Record that the term to answer ended without an answer in time."""


class RecordForwardingOverdue(_OfCorrection):
    """Record that the authority's term to forward ended."""


class ConfirmCorrectionDue(_OfCorrection):
    """Give a provisional term its final date once the calendar is published."""
