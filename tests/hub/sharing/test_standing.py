"""A standing approval answers at once; request, clock and grant stand all the same (trap 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.actor import Role
from hub.catalog.events import CatalogEntryHandedOver, CatalogUseOpened
from hub.catalog.kinds import ShareType
from hub.departments.events import PolicyChanged
from hub.errors import Conflict, Forbidden
from hub.sharing.commands import (
    ForwardSharingRequest,
    GiveStandingApproval,
    RecordReplyOverdue,
    RevokeStandingApproval,
    SubmitSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    RequestAgreed,
    RequestForwarded,
    RequestReceived,
    RequestSubmitted,
    StandingApprovalGiven,
    StandingApprovalRevoked,
)
from hub.sharing.grant_events import GrantIssued
from hub.sharing.kinds import AgreedVia
from tests.hub.departments.city import FOUNDED, OPERATOR, org, who
from tests.hub.kit import given
from tests.hub.sharing.world import (
    ASKER_HEAD,
    CLOSED,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    MONDAY,
    OPEN,
    REQUEST,
    REVIEWER,
    TIME,
    WORLD,
    approved,
    china,
    content,
    entry,
    happen,
)

if TYPE_CHECKING:
    from hub.event import Event
    from tests.hub.kit import Given

GIVE = GiveStandingApproval(entry_id=OPEN, reason="无条件共享，常态化同意")
REVOKE = RevokeStandingApproval(entry_id=OPEN, reason="改为逐件答复")
SUBMIT = SubmitSharingRequest(request_id=REQUEST)
AT_ONCE = (RequestSubmitted, RequestReceived, RequestAgreed, GrantIssued, CatalogUseOpened)


def standing(*more: Event) -> tuple[Event, ...]:
    world = (*WORLD, *more)
    return (*world, *given(*world).when(GIVE, GIVER_HEAD, MONDAY).events())


def asked(*more: Event) -> Given:
    return approved(OPEN, standing(*more))


def test_a_request_for_an_entry_with_standing_approval_is_answered_at_once() -> None:
    events: tuple[Any, ...] = asked().when(SUBMIT, ASKER_HEAD, MONDAY).events()
    assert tuple(type(event) for event in events) == AT_ONCE
    answer = events[2]
    assert (answer.via, answer.signed_by, answer.took_days) == (
        AgreedVia.STANDING_APPROVAL,
        "civil.sharing_head",
        0,
    )
    assert (answer.due.rule, answer.due.owner_id) == ("D-08", org("civil"))
    assert events[1].due.rule == "D-04"
    assert events[3].grant_id == GRANT


def test_what_was_answered_at_once_is_never_late_and_not_withdrawn() -> None:
    done = asked().when(SUBMIT, ASKER_HEAD, MONDAY).then(*AT_ONCE)
    late = RecordReplyOverdue(request_id=REQUEST)
    done.when(late, TIME, china(3, 9)).refused(Conflict, "was done before")
    withdraw = WithdrawSharingRequest(request_id=REQUEST, reason="不再需要")
    done.when(withdraw, ASKER_HEAD, MONDAY).refused(Conflict, "the request is agreed")


def test_where_the_authority_screens_it_is_answered_with_the_forwarding() -> None:
    on = PolicyChanged(
        at=FOUNDED,
        by=OPERATOR,
        rule_set_id="departments.rules:city",
        policy="screening",
        value="on",
        document="本市办法",
    )
    submitted = asked(on).when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted)
    submitted.when(ForwardSharingRequest(request_id=REQUEST), REVIEWER, MONDAY).then(
        RequestForwarded, RequestReceived, RequestAgreed, GrantIssued, CatalogUseOpened
    )


def test_only_an_unconditional_entry_can_have_one() -> None:
    for entry_id in (LIMITED, CLOSED):
        give = GiveStandingApproval(entry_id=entry_id, reason="常态化同意")
        given(*WORLD).when(give, GIVER_HEAD, MONDAY).refused(Conflict)


def test_only_the_providers_head_gives_and_revokes_it() -> None:
    given(*WORLD).when(GIVE, who("civil", Role.CATALOGUER), MONDAY).refused(Forbidden)
    given(*WORLD).when(GIVE, ASKER_HEAD, MONDAY).refused(Forbidden)
    given(*standing()).when(REVOKE, REVIEWER, MONDAY).refused(Forbidden)


def test_it_is_given_once_and_revoked_once() -> None:
    world = given(*WORLD).when(GIVE, GIVER_HEAD, MONDAY).then(StandingApprovalGiven)
    world.when(GIVE, GIVER_HEAD, MONDAY).refused(Conflict, "already")
    revoked = world.when(REVOKE, GIVER_HEAD, MONDAY).then(StandingApprovalRevoked)
    revoked.when(REVOKE, GIVER_HEAD, MONDAY).refused(Conflict, "no standing approval")
    revoked.when(GIVE, GIVER_HEAD, MONDAY).then(StandingApprovalGiven)


def test_after_revocation_requests_wait_for_an_answer_again() -> None:
    (revoked,) = given(*standing()).when(REVOKE, GIVER_HEAD, MONDAY).events()
    world = approved(OPEN, (*standing(), revoked))
    world.when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted, RequestReceived)


def test_an_entry_that_became_conditional_is_examined_again() -> None:
    world = asked()
    happen(world, *entry(OPEN, content(ShareType.CONDITIONAL), version=2))
    world.when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted, RequestReceived)


def test_the_approval_of_a_former_provider_binds_nobody() -> None:
    moved = CatalogEntryHandedOver(
        at=MONDAY,
        by=OPERATOR,
        entry_id=OPEN,
        provider_id=org("civil"),
        receiver_id=org("market"),
        reason="机构改革",
    )
    world = asked()
    happen(world, moved)
    world.when(SUBMIT, ASKER_HEAD, MONDAY).then(RequestSubmitted, RequestReceived)
    heir = who("market", Role.SHARING_HEAD)
    world.when(GIVE, heir, MONDAY).then(StandingApprovalGiven)
