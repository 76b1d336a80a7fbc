"""批次各环节 Steps: the events of a batch after its delivery, made from the batch as it stands."""

from datetime import datetime

from hub.actor import Actor
from hub.convergence.batch import DataBatch, about
from hub.convergence.commands import CheckResult, FindingResult, ReceiveBatch, Verification
from hub.convergence.events import (
    BatchAccepted,
    BatchReceived,
    BatchRejected,
    BatchVerified,
    Check,
    Finding,
)
from hub.convergence.kinds import CheckRule

_OF_THE_MANIFEST = (CheckRule.DIGEST, CheckRule.BYTES, CheckRule.ROWS)


def received(
    batch_id: str, batch: DataBatch, found: ReceiveBatch | Verification, by: Actor, at: datetime
) -> BatchReceived:
    """Return the event that the payload is here."""
    return BatchReceived(
        period=batch.period,
        rows=found.rows,
        bytes=found.bytes,
        sha256=found.sha256,
        standard_version=batch.standard_version,
        **about(batch_id, batch, by, at),
    )


def verified(
    batch_id: str,
    batch: DataBatch,
    checks: tuple[CheckResult, ...],
    findings: tuple[FindingResult, ...],
    by: Actor,
    at: datetime,
) -> BatchVerified:
    """Return the event of the checks: the manifest against the hub's numbers, then the rest."""
    own = tuple(Check(rule, 1, int(rule in batch.mismatched)) for rule in _OF_THE_MANIFEST)
    theirs = (Check(c.rule, c.checked, c.failed) for c in checks if c.rule not in _OF_THE_MANIFEST)
    return BatchVerified(
        standard_version=batch.standard_version,
        checks=(*own, *theirs),
        findings=tuple(Finding(f.rule, f.item, f.failed, f.rows) for f in findings),
        **about(batch_id, batch, by, at),
    )


def accepted(batch_id: str, batch: DataBatch, by: Actor, at: datetime) -> BatchAccepted:
    """Return the event that every check was passed."""
    return BatchAccepted(**about(batch_id, batch, by, at))


def rejected(
    batch_id: str, batch: DataBatch, reason: str, by: Actor, at: datetime
) -> BatchRejected:
    """Return the event that the batch is turned back."""
    return BatchRejected(
        reason=reason,
        **about(batch_id, batch, by, at),
    )
