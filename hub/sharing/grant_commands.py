"""What may be asked about grants and their use."""

from typing import Annotated

from pydantic import Field

from hub.command import NUMBER_MAX, Code, Command, Day, GrantId, Line, Note, Reason, Sha256
from hub.sharing.commands import Days, Items, Methods, usage_id_of
from hub.sharing.kinds import (
    Anomaly,
    DisposalMethod,
    EndCause,
    RectificationFailure,
    SuspensionReason,
)

Count = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
"""A number of calls, rows or bytes; no more than a JSON number holds exactly."""
Systems = Annotated[tuple[Code, ...], Field(max_length=100)]
"""Ids of the requester's information systems."""


class _OfGrant(Command):
    grant_id: GrantId

    @property
    def usage_id(self) -> str:
        """Return the stream of the grant's use register."""
        return usage_id_of(self.grant_id)


class ExtendGrantScope(_OfGrant):
    """Consent, as provider, to a wider or longer use."""

    reason: Reason
    items: Items = ()
    methods: Methods = ()
    systems: Systems = ()
    valid_to: Day | None = None


class SuspendGrant(_OfGrant):
    """Let the right to use rest and order rectification by a day."""

    reason_code: SuspensionReason
    reason: Reason
    rectify_by: Day


class ResumeGrant(_OfGrant):
    """Let a grant be used again after rectification."""

    rectification: Reason


class TerminateGrant(_OfGrant):
    """End a suspended grant whose rectification was refused or insufficient."""

    failure: RectificationFailure
    reason: Reason


class ExpireGrant(_OfGrant):
    """Record that the grant's period ended."""


class RelinquishGrant(_OfGrant):
    """Say, as requester, that the data is no longer needed."""

    cause: EndCause
    reason: Reason


class EndGrant(_OfGrant):
    """End a service, as provider, after negotiation and filing with the authority (§27)."""

    reason: Reason
    negotiation: Reason
    filing_number: Line


class RequireDisposal(_OfGrant):
    """Say how the data of an ended grant is disposed of, and in how many working days."""

    manner: Reason
    days: Days | None = None


class ConfirmDisposal(_OfGrant):
    """Prove that the data was disposed of."""

    method: DisposalMethod
    proof: Reason
    disposed_on: Day
    proof_hash: Sha256 | None = None


class RecordDisposalOverdue(_OfGrant):
    """Record that the disposal was not proved in time."""


class ConfirmGrantDue(_OfGrant):
    """Give a provisional disposal term its final date once the calendar is published."""


class RecordUsage(_OfGrant):
    """Report what was used on a day; the same day and sequence twice is one report."""

    day: Day
    sequence: Annotated[int, Field(ge=1, le=1_000_000)]
    calls: Annotated[Count, Field(ge=1)]
    rows: Count
    bytes: Count
    ok: Count
    failed: Count
    systems: Annotated[Systems, Field(min_length=1)]
    items: Annotated[Items, Field(min_length=1)]
    log_hash: Sha256


class FileUsageEntry(_OfGrant):
    """Keep the requester's record of its use: scenario, process, effect, storage, destruction."""

    scenario: Reason
    process: Reason
    effect: Reason
    storage: Reason
    destruction: Note = ""
    retained_until: Day | None = None


class LinkServiceItem(_OfGrant):
    """Name a service to citizens or enterprises that the data supports."""

    service_item: Line
    channel: Note = ""


class DetectAnomalousUse(_OfGrant):
    """Record a use that looks strange."""

    anomaly: Anomaly
    day: Day
    detail: Reason
    calls: Count = 0
    items: Items = ()
    systems: Systems = ()
    log_hash: Sha256 | None = None
