"""审计行为 The auditor's own acts: replay, export, finding. Each is an event (trap 9)."""

from datetime import datetime

from hub.actor import Actor
from hub.errors import Conflict
from hub.state import States
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.audit import about, require_reading


def replay(command: c.RecordReplayRun, states: States, by: Actor, at: datetime) -> e.AuditReplayRun:
    """Record a rebuild of the hub as it stood at a position."""
    audit = require_reading(states, command.audit_id, by)
    return e.AuditReplayRun(
        until_position=command.until_position,
        purpose=command.purpose,
        **about(command.audit_id, audit, by, at),
    )


def export(
    command: c.RecordAuditExport, states: States, by: Actor, at: datetime
) -> e.AuditExported:
    """Record a copy taken: the question asked, the rows, the digest of the file."""
    audit = require_reading(states, command.audit_id, by)
    return e.AuditExported(
        query=command.query,
        rows=command.rows,
        sha256=command.sha256,
        **about(command.audit_id, audit, by, at),
    )


def find(
    command: c.RecordAuditFinding, states: States, by: Actor, at: datetime
) -> e.AuditFindingRecorded:
    """Record a finding with the positions of the events it rests on."""
    audit = require_reading(states, command.audit_id, by)
    if command.finding_key in audit.findings:
        raise Conflict(
            f"the finding {command.finding_key} is recorded already",
            f"审计发现{command.finding_key}已登记",
            where="finding_key",
        )
    return e.AuditFindingRecorded(
        finding_key=command.finding_key,
        severity=command.severity,
        finding=command.finding,
        about_id=command.about_id,
        evidence_positions=command.evidence_positions,
        **about(command.audit_id, audit, by, at),
    )
