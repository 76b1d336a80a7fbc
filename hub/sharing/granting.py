"""同意并授权 Agreeing: one decision, three facts saved together — the answer, the grant, its use.

The grant stands from the agreement and can be used from the provision (DOMAIN §3.3).
"""

from datetime import date
from typing import Any

from hub.catalog.use import open_use
from hub.departments.calendar import calendars_at, end_of, local_day, working_days_between
from hub.departments.due import Due, Duty
from hub.departments.ruleset import due, rules_of
from hub.event import Event
from hub.sharing.commands import grant_id_of
from hub.sharing.events import RequestAgreed
from hub.sharing.grant_events import GrantIssued
from hub.sharing.kinds import AgreedVia
from hub.sharing.request import SharingRequest
from hub.sharing.scope import require_not_over
from hub.state import States


def agreed(
    facts: dict[str, Any],
    states: States,
    request: SharingRequest,
    *,
    via: AgreedVia,
    signed_by: str,
    started_on: date,
    conditions: tuple[str, ...] = (),
    disposal_days: int | None = None,
) -> tuple[Event, ...]:
    """Return the agreement, the grant and its mark on the entry; `facts` as `about()` gives them.

    `started_on` is the day the reply clock started. Refused when the period is over.
    """
    at, today = facts["at"], local_day(facts["at"])
    require_not_over(request.period_to, today)
    answer = RequestAgreed(
        **facts,
        grant_id=grant_id_of(facts["request_id"]),
        via=via,
        signed_by=signed_by,
        took_days=working_days_between(started_on, today, calendars_at(states, at)),
        conditions=conditions,
        due=due(states, Duty.PROVIDE, "D-08", facts["provider_id"], today, at),
    )
    grant = _grant(facts, states, request, conditions, disposal_days)
    entry_id, provider_id = facts["entry_id"], facts["provider_id"]
    return answer, grant, open_use(entry_id, provider_id, grant.grant_id, facts["by"], at)


def _grant(
    facts: dict[str, Any],
    states: States,
    request: SharingRequest,
    conditions: tuple[str, ...],
    disposal_days: int | None,
) -> GrantIssued:
    valid_from = max(request.period_from, local_day(facts["at"]))
    return GrantIssued(
        **facts,
        basis=request.basis,
        correlation_id=facts["request_id"],
        grant_id=grant_id_of(facts["request_id"]),
        items=request.items,
        methods=request.methods,
        systems=(request.system_id,),
        valid_from=valid_from,
        valid_to=request.period_to,
        service_item=request.service_item,
        conditions=conditions,
        calls_per_day_max=request.calls_per_day_max,
        disposal_days=disposal_days,
        due=end_of_grant(states, facts["requester_id"], valid_from, request.period_to),
    )


def end_of_grant(states: States, requester_id: str, valid_from: date, valid_to: date) -> Due:
    """Return the clock of a grant's period; nobody is late when it ends, the requester loses it."""
    return Due(
        duty=Duty.GRANT_END,
        rule="period",
        owner_id=requester_id,
        started_on=valid_from,
        on=valid_to,
        ends_at=end_of(valid_to),
        rule_version=rules_of(states).version,
    )
