"""What may be asked about sharing requests and standing approvals.

What may be asked about grants and their use stands in `grant_commands.py`.
"""

from typing import Annotated

from pydantic import Field

from hub.catalog.kinds import ShareMethod
from hub.command import (
    NUMBER_MAX,
    BasisRef,
    BatchId,
    Code,
    Command,
    Day,
    EntryId,
    Line,
    Note,
    OrgId,
    PersonId,
    Reason,
    RequestId,
    ResourceId,
)
from hub.personal import Personal, PersonalLine
from hub.sharing.kinds import DeclineReason, FulfilledVia

Items = Annotated[tuple[Line, ...], Field(max_length=1000)]
"""Names of data items of the entry."""
Methods = Annotated[tuple[ShareMethod, ...], Field(max_length=3)]
"""Ways of sharing."""
Days = Annotated[int, Field(ge=1, le=366)]
"""Working days."""
_HANDLER = Personal(subject="handler_id", holder="requester_id")


class DraftSharingRequest(Command):
    """Write down a request: legal basis, scenario, scope, method and period, warranted (§20).

    The handler 经办人 is whom the provider may ask.
    """

    request_id: RequestId
    entry_id: EntryId
    requester_id: OrgId
    basis: BasisRef
    scenario: Reason
    items: Annotated[Items, Field(min_length=1)]
    methods: Annotated[Methods, Field(min_length=1)]
    period_from: Day
    period_to: Day
    system_id: Code
    service_item: Note = ""
    calls_per_day_max: Annotated[int, Field(ge=0, le=NUMBER_MAX)] = 0
    warranted: bool
    handler_id: PersonId | None = None
    handler_name: Annotated[PersonalLine, _HANDLER] = ""
    handler_phone: Annotated[PersonalLine, _HANDLER] = ""

    @property
    def legal_basis_id(self) -> str:
        """Return the legal basis the request rests on."""
        return self.basis.legal_basis_id


class _OfRequest(Command):
    request_id: RequestId

    @property
    def grant_id(self) -> str:
        """Return the stream of the one grant this request can lead to."""
        return grant_id_of(self.request_id)


class ApproveSharingRequestInternally(_OfRequest):
    """Consent to the request as head of the requester's sharing office."""


class SubmitSharingRequest(_OfRequest):
    """Send the request out of the department."""

    @property
    def founding_id(self) -> str:
        """Return the stream that names the city's first authority; a path of `hub.rule`."""
        return "departments.founding:city"


class ForwardSharingRequest(_OfRequest):
    """Pass on a request whose form the authority has screened."""

    findings: Note = ""


class AskSharingRequestSupplement(_OfRequest):
    """Tell the requester, once, everything that is missing."""

    missing: Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]


class SupplementSharingRequest(_OfRequest):
    """Answer what was missing; fields left out stay as they were."""

    answers: Reason
    basis: BasisRef | None = None
    scenario: Note = ""
    items: Items = ()
    methods: Methods = ()
    period_from: Day | None = None
    period_to: Day | None = None
    system_id: Code | None = None
    service_item: Note = ""

    @property
    def legal_basis_id(self) -> str:
        """Return the legal basis put in the place of the first, if one is."""
        return self.basis.legal_basis_id if self.basis else ""


class AskReplyExtension(_OfRequest):
    """Ask the authority for more time to reply, before the term ends."""

    days: Days
    reason: Reason


class GrantReplyExtension(_OfRequest):
    """Consent to more time; `notice` is what the requester is told with it."""

    days: Days
    notice: Note = ""


class RefuseReplyExtension(_OfRequest):
    """Do not consent to more time."""

    reason: Reason


class AgreeSharingRequest(_OfRequest):
    """Agree; the conditions are among those the entry states. The grant follows at once.

    `disposal_days` is the term the provider sets for disposing of the data after the end (D-10).
    """

    conditions: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    disposal_days: Days | None = None


class CountersignSharingRequest(_OfRequest):
    """Approve, as head of the providing department, that important data is shared."""


class DeclineSharingRequest(_OfRequest):
    """Decline, with the reason and the article it rests on."""

    reason_code: DeclineReason
    reason: Reason
    basis: BasisRef

    @property
    def legal_basis_id(self) -> str:
        """Return the legal basis of the refusal."""
        return self.basis.legal_basis_id


class WithdrawSharingRequest(_OfRequest):
    """Take a request back before it is answered."""

    reason: Reason


class FulfilSharingRequest(_OfRequest):
    """Say that the data was delivered the first time, or that access was tested."""

    via: FulfilledVia
    resource_id: ResourceId
    batch_id: BatchId | None = None
    evidence: Note = ""


class RecordScreeningOverdue(_OfRequest):
    """Record that the authority's term to screen ended."""


class RecordReplyOverdue(_OfRequest):
    """Record that the reply term ended without an answer in time."""


class RecordProvisionOverdue(_OfRequest):
    """Record that the term to provide ended without the data."""


class ConfirmRequestDue(_OfRequest):
    """Give a provisional term its final date once the calendar is published."""


class _OfStanding(Command):
    entry_id: EntryId
    reason: Reason

    @property
    def standing_id(self) -> str:
        """Return the stream of this entry's standing approval."""
        return standing_id_of(self.entry_id)


class GiveStandingApproval(_OfStanding):
    """Agree beforehand to every request for an unconditional entry."""


class RevokeStandingApproval(_OfStanding):
    """Answer requests for this entry one by one again."""


def grant_id_of(request_id: str) -> str:
    """Return the stream of the one grant a request can lead to: the same suffix."""
    return f"sharing.grant:{request_id.partition(':')[2]}"


def standing_id_of(entry_id: str) -> str:
    """Return the stream of an entry's standing approval."""
    return f"sharing.standing:{entry_id.partition(':')[2]}"


def usage_id_of(grant_id: str) -> str:
    """Return the stream of a grant's use register."""
    return f"sharing.usage:{grant_id.partition(':')[2]}"
