"""汇聚批次 DataBatch: a file for a period, from its delivery until it is live or turned back.

The provider delivers; the hub's own machine (the operator's standing role) receives, verifies,
accepts or rejects, and publishes. Where the edge holds and has read the payload before the
delivery is recorded, one command does all of it (`DeliverBatch.verification`). The machine has no
discretion: a batch that failed a check cannot be accepted.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.convergence.events import (
    BatchAccepted,
    BatchDelivered,
    BatchEvents,
    BatchPublished,
    BatchReceived,
    BatchReconciled,
    BatchRejected,
    BatchVerified,
    Check,
)
from hub.convergence.kinds import BatchStatus as Status
from hub.convergence.kinds import CheckRule
from hub.errors import Conflict
from hub.state import State, States, begun
from hub.term import zh


class DataBatch(State, frozen=True, kw_only=True):
    """A batch as it stands. `rows`, `bytes`, `sha256` are the hub's own once it is received.

    `mismatched` are the numbers of the manifest that differ from the hub's own.
    """

    STREAM = "convergence.batch"

    resource_id: str
    entry_id: str
    provider_id: str
    period: str
    rows: int
    bytes: int
    sha256: str
    file_name: str
    content_type: str
    standard_version: str
    supersedes: str = ""
    status: Status = Status.DELIVERED
    mismatched: frozenset[CheckRule] = frozenset()
    checks: tuple[Check, ...] = ()
    data_version: int = 0

    @property
    def failed_rules(self) -> tuple[str, ...]:
        """Return the rules that some value failed."""
        return tuple(check.rule for check in self.checks if check.failed)


def evolve(state: DataBatch | None, event: BatchEvents) -> DataBatch:
    """Fold a batch's events."""
    if isinstance(event, BatchDelivered):
        return _delivered(event)
    state = begun(state, event)
    change = msgspec.structs.replace
    match event:
        case BatchReceived():
            return change(
                state,
                status=Status.RECEIVED,
                mismatched=frozenset(_mismatched(state, event)),
                rows=event.rows,
                bytes=event.bytes,
                sha256=event.sha256,
            )
        case BatchVerified():
            return change(state, status=Status.CHECKED, checks=event.checks)
        case BatchAccepted():
            return change(state, status=Status.ACCEPTED)
        case BatchRejected():
            return change(state, status=Status.REJECTED)
        case BatchPublished():
            return change(state, status=Status.LIVE, data_version=event.data_version)
        case BatchReconciled():
            return state
        case _:
            assert_never(event)


def _delivered(event: BatchDelivered) -> DataBatch:
    return DataBatch(
        resource_id=event.resource_id,
        entry_id=event.entry_id,
        provider_id=event.provider_id,
        period=event.period,
        rows=event.rows,
        bytes=event.bytes,
        sha256=event.sha256,
        file_name=event.file_name,
        content_type=event.content_type,
        standard_version=event.standard_version,
        supersedes=event.supersedes,
    )


def _mismatched(state: DataBatch, event: BatchReceived) -> Iterator[CheckRule]:
    if state.sha256 != event.sha256:
        yield CheckRule.DIGEST
    if state.bytes != event.bytes:
        yield CheckRule.BYTES
    if state.rows != event.rows:
        yield CheckRule.ROWS


def about(batch_id: str, batch: DataBatch, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every event of a batch says."""
    return {
        "at": at,
        "by": by,
        "batch_id": batch_id,
        "resource_id": batch.resource_id,
        "entry_id": batch.entry_id,
        "provider_id": batch.provider_id,
    }


def batch_in(states: States, batch_id: str, status: Status) -> DataBatch:
    """Return a batch that stands where it must for the next step, or refuse."""
    batch = states.the(DataBatch, batch_id)
    if batch.status is not status:
        raise Conflict(
            f"the batch is {batch.status}; this step is for a batch that is {status}",
            f"批次当前状态为{zh(batch.status)}，此操作仅适用于{status}状态",
            where="batch_id",
        )
    return batch
