"""校核受理 How a correction case begins, finds its true source, and is called late.

The term D-09 runs from the first receipt at the platform: forwarding by the authority and passing
on from one department to the next happen inside it (trap 8). Where the city has its authority
forward (policy `forwarding`), the authority has the term D-07 for that.
"""

from datetime import datetime
from typing import Any

import msgspec

from hub.actor import Actor
from hub.catalog.duties import authority_over
from hub.catalog.entry import CatalogEntry
from hub.convergence.resource import Resource
from hub.departments.calendar import local_day
from hub.departments.due import Duty
from hub.departments.lapse import confirm, require_lapsed
from hub.departments.organization import Organization
from hub.departments.ruleset import Policy, due, rules_of
from hub.errors import Conflict, Invalid
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.feedback.correction import CorrectionCase, about
from hub.feedback.kinds import CorrectionStatus as Status
from hub.state import States


def request(
    command: c.RequestCorrection, states: States, by: Actor, at: datetime
) -> tuple[e.CorrectionEvents, ...]:
    """Open a case; it is received at once unless the authority forwards."""
    if states.maybe(CorrectionCase, command.correction_id) is not None:
        raise Conflict(
            f"{command.correction_id} exists already",
            f"{command.correction_id}已存在",
            where="correction_id",
        )
    entry = states.the(CatalogEntry, command.entry_id)
    _check_object(command, entry, states)
    ids: dict[str, Any] = {
        "at": at,
        "by": by,
        "correction_id": command.correction_id,
        "entry_id": command.entry_id,
        "raiser_id": command.raiser_id,
        "provider_id": entry.provider_id,
    }
    forwarded = rules_of(states).policy(Policy.FORWARDING) == "on"
    authority = authority_over(states, entry.provider_id)
    forwarding = due(states, Duty.SCREEN, "D-07", authority, local_day(at), at)
    requested = e.CorrectionRequested(
        **ids,
        defect=command.defect,
        what=command.what,
        items=command.items,
        records=command.records,
        record_hashes=command.record_hashes,
        resource_id=command.resource_id or "",
        due=forwarding if forwarded else None,
        citizen_id=command.citizen_id or "",
        contact=command.contact,
        statement=command.statement,
    )
    if forwarded:
        return (requested,)
    term = due(states, Duty.CORRECT, "D-09", entry.provider_id, local_day(at), at)
    return (requested, e.CorrectionReceived(**ids, due=term))


def _check_object(command: c.RequestCorrection, entry: CatalogEntry, states: States) -> None:
    content = entry.in_force()
    if entry.provider_id == command.raiser_id:
        raise Invalid(
            "a department corrects its own data by a new delivery, not by a case against itself",
            "本部门数据应直接更正后重新汇聚，无需提出校核申请",
            where="entry_id",
        )
    strange = sorted(set(command.items) - set(content.item_names))
    if strange:
        raise Invalid(
            f"“{content.title}” has no data item “{strange[0]}”",
            f"“{content.title}”没有信息项“{strange[0]}”",
            where="items",
        )
    if command.resource_id is None:
        return
    if states.the(Resource, command.resource_id).entry_id != command.entry_id:
        raise Invalid(
            f"{command.resource_id} does not belong to this entry",
            f"{command.resource_id}不属于该目录",
            where="resource_id",
        )


def forward(
    command: c.ForwardCorrection, states: States, by: Actor, at: datetime
) -> e.CorrectionReceived:
    """Pass the case to the provider; its term counts from the day the platform received it."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(Status.REQUESTED)
    ids = about(command.correction_id, states, by, at)
    started = local_day(case.requested_at)
    return e.CorrectionReceived(
        **ids, due=due(states, Duty.CORRECT, "D-09", ids["provider_id"], started, at)
    )


def pass_on(
    command: c.ReturnCorrection, states: States, by: Actor, at: datetime
) -> e.CorrectionReturned:
    """Pass the case to the true source; the clock runs on from the first receipt."""
    case = states.the(CorrectionCase, command.correction_id)
    case.require(Status.RECEIVED)
    source = states.the(Organization, command.source_id)
    ids = about(command.correction_id, states, by, at)
    if command.source_id in {*case.returned_by, ids["provider_id"], case.raiser_id}:
        raise Invalid(
            f"{source.name} raised the case, has it now or passed it on before;"
            " name the department that made the data",
            f"{source.name}系提出方、当前处理方或已退回方，请填写真实数源部门",
            where="source_id",
        )
    if case.due is None or not source.active:
        raise Conflict(f"{source.name} is no longer active", f"{source.name}已停用或撤并")
    moved = msgspec.structs.replace(case.due, owner_id=command.source_id)
    return e.CorrectionReturned(**ids, source_id=command.source_id, trace=command.trace, due=moved)


def record_overdue(
    command: c.RecordCorrectionOverdue, states: States, by: Actor, at: datetime
) -> e.CorrectionOverdue:
    """Record that the answer did not come in time (P6)."""
    case = states.the(CorrectionCase, command.correction_id)
    recorded = Duty.CORRECT in case.overdue
    lapsed = require_lapsed(case.due, case.answered_at, at, recorded=recorded)
    return e.CorrectionOverdue(**about(command.correction_id, states, by, at), due_on=lapsed.on)


def record_forwarding_overdue(
    command: c.RecordForwardingOverdue, states: States, by: Actor, at: datetime
) -> e.ForwardingOverdue:
    """Record that the authority did not forward in time."""
    case = states.the(CorrectionCase, command.correction_id)
    recorded = Duty.SCREEN in case.overdue
    lapsed = require_lapsed(case.forward_due, case.received_at, at, recorded=recorded)
    return e.ForwardingOverdue(**about(command.correction_id, states, by, at), due_on=lapsed.on)


def confirm_due(
    command: c.ConfirmCorrectionDue, states: States, by: Actor, at: datetime
) -> e.CorrectionDueConfirmed:
    """Count the running provisional term anew on the published calendar."""
    case = states.the(CorrectionCase, command.correction_id)
    running = case.forward_due if case.status is Status.REQUESTED else case.due
    return e.CorrectionDueConfirmed(
        **about(command.correction_id, states, by, at), due=confirm(states, running, at)
    )
