"""Where the authority screens requests, they reach the provider through it (DOMAIN D-07)."""

from __future__ import annotations

from datetime import date
from typing import Any

from hub.actor import Role, Speaker, Via
from hub.catalog.events import CatalogEntryHandedOver
from hub.departments.commands import ChangePolicy
from hub.departments.due import Due, Duty
from hub.departments.events import (
    OfficerAppointed,
    PolicyChanged,
)
from hub.errors import Conflict, Forbidden
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    ForwardSharingRequest,
    SubmitSharingRequest,
)
from hub.sharing.events import (
    RequestApprovedInternally,
    RequestDrafted,
    RequestForwarded,
    RequestReceived,
    RequestSubmitted,
)
from tests.hub.departments.city import OPERATOR, org
from tests.hub.kit import Given, given
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_HEAD,
    LIMITED,
    MONDAY,
    REQUEST,
    REVIEWER,
    WORLD,
    draft,
    happen,
    received,
)

SUBMIT = SubmitSharingRequest(request_id=REQUEST)
APPROVE = ApproveSharingRequestInternally(request_id=REQUEST)
FORWARD = ForwardSharingRequest(request_id=REQUEST)


def due_of(world: Given, command: Any, speaker: Any, kind: type) -> Due:
    (event,) = (e for e in world.when(command, speaker, MONDAY).events() if isinstance(e, kind))
    due: Due = event.due  # type: ignore[attr-defined]  # every kind asked for has one
    return due


def screening(entry_id: str = LIMITED) -> Given:
    return (
        given(*WORLD)
        .when(ChangePolicy(policy="screening", value="on", document="本市办法"), REVIEWER, MONDAY)
        .then(PolicyChanged)
        .when(draft(entry_id), ASKER, MONDAY)
        .then(RequestDrafted)
        .when(APPROVE, ASKER_HEAD, MONDAY)
        .then(RequestApprovedInternally)
    )


def test_where_the_authority_screens_the_provider_waits_for_it() -> None:
    due = due_of(screening(), SUBMIT, ASKER_HEAD, RequestSubmitted)
    assert (due.duty, due.rule, due.on) == (Duty.SCREEN, "D-07", date(2026, 3, 4))
    submitted = screening().when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted)
    submitted.when(FORWARD, REVIEWER, MONDAY).then(RequestForwarded, RequestReceived)


def test_only_the_authority_forwards_and_only_once() -> None:
    submitted = screening().when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted)
    submitted.when(FORWARD, GIVER_HEAD, MONDAY).refused(Forbidden, "authority_reviewer")
    forwarded = submitted.when(FORWARD, REVIEWER, MONDAY).then(RequestForwarded, RequestReceived)
    forwarded.when(FORWARD, REVIEWER, MONDAY).refused(Conflict, "the request is reviewing")


def test_where_nobody_screens_there_is_nothing_to_forward() -> None:
    received().when(FORWARD, REVIEWER, MONDAY).refused(Conflict, "only while it is submitted")


def test_an_authority_that_provides_the_data_does_not_screen_the_request() -> None:
    ours = CatalogEntryHandedOver(
        at=MONDAY,
        by=OPERATOR,
        entry_id=LIMITED,
        provider_id=org("civil"),
        receiver_id=org("city"),
        reason="职责划转",
    )
    world = screening().when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted)
    happen(world, ours)
    world.when(FORWARD, REVIEWER, MONDAY).refused(Forbidden, "is a party to this request")


def test_nobody_screens_a_request_he_took_part_in() -> None:
    moved = OfficerAppointed(
        at=MONDAY,
        by=OPERATOR,
        org_id=org("city"),
        person_id="tax.business_user",
        role=Role.AUTHORITY_REVIEWER,
    )
    world = screening().when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted)
    happen(world, moved)
    drafter = Speaker(org("city"), "tax.business_user", Via.API)
    world.when(FORWARD, drafter, MONDAY).refused(Forbidden, "took part in this request")
