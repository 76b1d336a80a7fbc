"""What happens to usage feedback and correction cases (Decree 809 §26; S-13)."""

from datetime import date
from typing import get_args

from hub.codec import register
from hub.departments.due import Due, Duty
from hub.event import Event
from hub.feedback.kinds import Defect, Verdict
from hub.personal import Commitment


class FeedbackEvent(Event, frozen=True, kw_only=True):
    """An event of one piece of feedback; its case is the request the grant came from."""

    STREAM = "feedback_id"

    feedback_id: str
    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str


class FeedbackSubmitted(FeedbackEvent, frozen=True, kw_only=True):
    """The requester told what the data was used for and what is wrong; an answer is due (D-15)."""

    TOPIC = "feedback.feedback.submitted"

    score: int
    cases: int
    materials_saved: int
    visits_saved: int
    effect: str
    due: Due
    problems: str = ""


class FeedbackAnswered(FeedbackEvent, frozen=True, kw_only=True):
    """The provider answered."""

    TOPIC = "feedback.feedback.answered"
    STOPS = (Duty.ANSWER_FEEDBACK,)

    answer: str


class FeedbackClosed(FeedbackEvent, frozen=True, kw_only=True):
    """The requester has what it needed."""

    TOPIC = "feedback.feedback.closed"

    note: str = ""


class FeedbackAnswerOverdue(FeedbackEvent, frozen=True, kw_only=True):
    """The provider did not answer in time."""

    TOPIC = "feedback.feedback.answer_overdue"
    LAPSES = Duty.ANSWER_FEEDBACK

    due_on: date


class FeedbackDueConfirmed(FeedbackEvent, frozen=True, kw_only=True):
    """A published calendar gave the provisional term of the answer its final date."""

    TOPIC = "feedback.feedback.due_confirmed"

    due: Due


class DutyEvent(Event, frozen=True, kw_only=True):
    """An event of the duty to give feedback on one grant; the clock is the grant's (D-14)."""

    STREAM = "duty_id"

    duty_id: str
    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str

    @property
    def clock_id(self) -> str:
        """Return the grant: its use started the clock, in the chapter of sharing."""
        return self.grant_id


class FeedbackDutyMet(DutyEvent, frozen=True, kw_only=True):
    """Feedback was given; `due` is the next, a year later, unless the grant has ended.

    `met` is the term this met, if one was running.
    """

    TOPIC = "feedback.duty.met"
    STOPS = (Duty.FEEDBACK,)

    feedback_id: str
    met: Due | None = None
    due: Due | None = None


class FeedbackDutyOverdue(DutyEvent, frozen=True, kw_only=True):
    """The requester gave no feedback in time."""

    TOPIC = "feedback.duty.overdue"
    LAPSES = Duty.FEEDBACK

    due_on: date


class CorrectionEvent(Event, frozen=True, kw_only=True):
    """An event of one correction case; `provider_id` is who must answer at that moment."""

    STREAM = "correction_id"

    correction_id: str
    entry_id: str
    raiser_id: str
    provider_id: str


class CorrectionRequested(CorrectionEvent, frozen=True, kw_only=True):
    """A department found data wrong: which items, how many records, keyed hashes of them.

    `due` is the authority's, where it forwards (D-07); else the case is received at once.
    """

    TOPIC = "feedback.correction.requested"

    defect: Defect
    what: str
    items: tuple[str, ...]
    records: int
    record_hashes: tuple[str, ...] = ()
    resource_id: str = ""
    due: Due | None = None
    citizen_id: str = ""
    contact: Commitment = ""
    statement: Commitment = ""


class CorrectionReceived(CorrectionEvent, frozen=True, kw_only=True):
    """The provider has the case; its answer is due (D-09), counted from receipt at the platform."""

    TOPIC = "feedback.correction.received"
    STOPS = (Duty.SCREEN,)

    due: Due


class CorrectionReturned(CorrectionEvent, frozen=True, kw_only=True):
    """`provider_id` is not the source and passed the case on; the term ends on the same day.

    `trace` says how the true source was found.
    """

    TOPIC = "feedback.correction.returned"

    source_id: str
    trace: str
    due: Due


class RecordsFlagged(CorrectionEvent, frozen=True, kw_only=True):
    """The records carry a flag while they are checked (标注); they are still served."""

    TOPIC = "feedback.correction.records_flagged"

    note: str = ""


class CorrectionVerified(CorrectionEvent, frozen=True, kw_only=True):
    """The provider checked the data against its own files."""

    TOPIC = "feedback.correction.verified"

    verdict: Verdict
    finding: str


class DataCorrected(CorrectionEvent, frozen=True, kw_only=True):
    """The data was put right at the source; `batch_id` is the delivery that brought it."""

    TOPIC = "feedback.correction.data_corrected"

    records: int
    how: str
    batch_id: str = ""


class CorrectionDeclined(CorrectionEvent, frozen=True, kw_only=True):
    """The provider keeps the data as it is, for a reason."""

    TOPIC = "feedback.correction.declined"

    reason: str


class CorrectionResultReturned(CorrectionEvent, frozen=True, kw_only=True):
    """The raiser has its answer (§26: within 10 working days).

    `took_days` are the working days since the receipt at the platform.
    """

    TOPIC = "feedback.correction.result_returned"
    STOPS = (Duty.CORRECT,)

    result: str
    corrected: bool
    took_days: int


class CorrectionConfirmed(CorrectionEvent, frozen=True, kw_only=True):
    """The raiser is content; the case is closed."""

    TOPIC = "feedback.correction.confirmed"


class CorrectionContested(CorrectionEvent, frozen=True, kw_only=True):
    """The raiser does not accept the answer; the matter is in dispute."""

    TOPIC = "feedback.correction.contested"

    reason: str


class FlagCleared(CorrectionEvent, frozen=True, kw_only=True):
    """The records carry no flag any more (标注撤销)."""

    TOPIC = "feedback.correction.flag_cleared"

    reason: str = ""


class CorrectionOverdue(CorrectionEvent, frozen=True, kw_only=True):
    """The provider did not answer in time (P6)."""

    TOPIC = "feedback.correction.overdue"
    LAPSES = Duty.CORRECT

    due_on: date


class ForwardingOverdue(CorrectionEvent, frozen=True, kw_only=True):
    """The authority did not forward the case in time."""

    TOPIC = "feedback.correction.forwarding_overdue"
    LAPSES = Duty.SCREEN

    due_on: date


class CorrectionDueConfirmed(CorrectionEvent, frozen=True, kw_only=True):
    """A published calendar gave a provisional term its final date."""

    TOPIC = "feedback.correction.due_confirmed"

    due: Due


FeedbackEvents = (
    FeedbackSubmitted
    | FeedbackAnswered
    | FeedbackClosed
    | FeedbackAnswerOverdue
    | FeedbackDueConfirmed
)
DutyEvents = FeedbackDutyMet | FeedbackDutyOverdue
Routing = CorrectionReceived | CorrectionReturned | CorrectionDueConfirmed
Flagging = RecordsFlagged | FlagCleared
Handling = CorrectionVerified | DataCorrected | CorrectionDeclined | CorrectionResultReturned
Ending = CorrectionConfirmed | CorrectionContested
Lapse = CorrectionOverdue | ForwardingOverdue
CorrectionEvents = CorrectionRequested | Routing | Flagging | Handling | Ending | Lapse

register(*get_args(FeedbackEvents), *get_args(DutyEvents), *get_args(CorrectionEvents))
