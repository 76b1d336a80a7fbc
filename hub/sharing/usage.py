"""使用台账 Use register: what was used under a grant, by the meter and by the requester (§26, §29).

Numbers and digests only: no row and no citizen stands in it.
"""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.ruleset import due
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.sharing.grant import Grant, about
from hub.sharing.grant_commands import (
    DetectAnomalousUse,
    FileUsageEntry,
    LinkServiceItem,
    RecordUsage,
)
from hub.sharing.grant_events import (
    AnomalousUseDetected,
    GrantFirstUsed,
    ServiceItemLinked,
    UsageEvents,
    UsageRecorded,
    UsageRegisterEntryFiled,
)
from hub.sharing.kinds import GrantStatus as Status
from hub.state import State, States
from hub.term import zh

RETENTION_YEARS = 3
"""How long records of use are kept at least (Decree 809 §29, D-20)."""


class UsageRegister(State, frozen=True, kw_only=True):
    """A grant's register. `reports` maps day and sequence of each report to its log's digest.

    `feedback_due` is the first feedback, which the first use started (D-14).
    """

    STREAM = "sharing.usage"

    grant_id: str
    first_used_on: date | None = None
    reports: dict[str, str] = msgspec.field(default_factory=dict)
    service_items: frozenset[str] = frozenset()
    feedback_due: Due | None = None


def evolve(state: UsageRegister | None, event: UsageEvents) -> UsageRegister:
    """Fold a register's events."""
    register = state or UsageRegister(grant_id=event.grant_id)
    change = msgspec.structs.replace
    match event:
        case UsageRecorded():
            reports = {**register.reports, _key(event.day, event.sequence): event.log_hash}
            first = register.first_used_on or (event.day if event.ok else None)
            owed = register.feedback_due or event.due
            return change(register, reports=reports, first_used_on=first, feedback_due=owed)
        case ServiceItemLinked():
            return change(register, service_items=register.service_items | {event.service_item})
        case UsageRegisterEntryFiled() | AnomalousUseDetected():
            return register
        case _:
            assert_never(event)


def record(command: RecordUsage, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Enter what was used on a day; the first use makes feedback due (D-14).

    The same day and sequence with the same log is the same report and changes nothing.
    """
    grant = states.the(Grant, command.grant_id)
    register = states.maybe(UsageRegister, command.usage_id)
    known = register.reports.get(_key(command.day, command.sequence)) if register else None
    if known == command.log_hash:
        return ()
    if known is not None:
        raise Conflict(
            f"report {command.sequence} of {command.day} stands already with another log;"
            " send what is new under the next sequence",
            f"{command.day}第{command.sequence}号用量已登记且日志不同，请使用下一序号",
            where="sequence",
        )
    _require_inside(command, grant, at)
    used = register.first_used_on if register else None
    first = used is None and command.ok > 0
    owed = None
    if first:
        owed = due(states, Duty.FEEDBACK, "D-14", grant.requester_id, command.day, at)
    recorded = UsageRecorded(
        **_about(grant, command.usage_id, by, at),
        day=command.day,
        sequence=command.sequence,
        calls=command.calls,
        rows=command.rows,
        bytes=command.bytes,
        ok=command.ok,
        failed=command.failed,
        systems=command.systems,
        items=command.items,
        log_hash=command.log_hash,
        due=owed,
    )
    if not first:
        return (recorded,)
    return recorded, GrantFirstUsed(**about(grant, by, at), used_on=command.day)


def file_entry(
    command: FileUsageEntry, states: States, by: Actor, at: datetime
) -> UsageRegisterEntryFiled:
    """Keep the requester's record of its use for three years or more."""
    grant = states.the(Grant, command.grant_id)
    _require_begun(grant)
    least = _years_after(local_day(at), RETENTION_YEARS)
    until = command.retained_until or least
    if until < least:
        raise Invalid(
            f"records of use are kept at least {RETENTION_YEARS} years, here to {least}"
            " (Decree 809 §29)",
            f"使用记录至少保存{RETENTION_YEARS}年，即保存至{least}(条例第二十九条)",
            where="retained_until",
        )
    return UsageRegisterEntryFiled(
        **_about(grant, command.usage_id, by, at),
        scenario=command.scenario,
        process=command.process,
        effect=command.effect,
        storage=command.storage,
        retained_until=until,
        destruction=command.destruction,
    )


def link_service_item(
    command: LinkServiceItem, states: States, by: Actor, at: datetime
) -> ServiceItemLinked:
    """Name a service that the data supports, once."""
    grant = states.the(Grant, command.grant_id)
    _require_begun(grant)
    register = states.maybe(UsageRegister, command.usage_id)
    if register is not None and command.service_item in register.service_items:
        raise Conflict(
            f"“{command.service_item}” is linked already",
            f"已关联“{command.service_item}”",
            where="service_item",
        )
    return ServiceItemLinked(
        **_about(grant, command.usage_id, by, at),
        service_item=command.service_item,
        channel=command.channel,
    )


def detect_anomaly(
    command: DetectAnomalousUse, states: States, by: Actor, at: datetime
) -> AnomalousUseDetected:
    """Record a use that looks strange; it changes no right, somebody judges it."""
    grant = states.the(Grant, command.grant_id)
    _require_past(command.day, at)
    return AnomalousUseDetected(
        **_about(grant, command.usage_id, by, at),
        anomaly=command.anomaly,
        day=command.day,
        detail=command.detail,
        calls=command.calls,
        items=command.items,
        systems=command.systems,
        log_hash=command.log_hash or "",
    )


def _require_inside(command: RecordUsage, grant: Grant, at: datetime) -> None:
    _require_past(command.day, at)
    if command.ok + command.failed != command.calls:
        raise Invalid(
            f"{command.ok} good and {command.failed} failed calls are not {command.calls}",
            f"成功{command.ok}次、失败{command.failed}次，与调用{command.calls}次不符",
            where="calls",
        )
    if not grant.usable_on(command.day):
        raise Conflict(
            f"the grant could not be used on {command.day}: it is {grant.status}, for"
            f" {grant.valid_from} to {grant.valid_to}; report it as an anomaly",
            f"{command.day}不在授权可用范围内(状态{zh(grant.status)}，期限{grant.valid_from}至"
            f"{grant.valid_to})，请按异常使用报告",
            where="day",
        )
    strange = [
        *(n for n in command.items if n not in grant.items),
        *(s for s in command.systems if s not in grant.systems),
    ]
    if strange:
        raise Conflict(
            f"“{strange[0]}” is outside the grant; report it as an anomaly",
            f"“{strange[0]}”超出授权范围，请按异常使用报告",
            where="items",
        )


def _require_begun(grant: Grant) -> None:
    if grant.status is Status.ISSUED:
        raise Conflict(
            "the data was not provided yet; there is nothing to account for",
            "数据尚未提供，没有使用情况可登记",
            where="grant_id",
        )


def _require_past(day: date, at: datetime) -> None:
    if day > local_day(at):
        raise Invalid(f"{day} is still to come", f"{day}尚未到来", where="day")


def _about(grant: Grant, usage_id: str, by: Actor, at: datetime) -> dict[str, Any]:
    return {**about(grant, by, at), "usage_id": usage_id}


def _key(day: date, sequence: int) -> str:
    return f"{day}/{sequence}"


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
