"""Whatever is tried in whatever order, no history of a request breaks the law's few certainties."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from hub.departments.due import Duty
from hub.errors import Refusal
from hub.sharing import grant_commands as g
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    AskReplyExtension,
    AskSharingRequestSupplement,
    ConfirmRequestDue,
    ForwardSharingRequest,
    GrantReplyExtension,
    RecordProvisionOverdue,
    RecordReplyOverdue,
    RefuseReplyExtension,
    SubmitSharingRequest,
    SupplementSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    ProvisionOverdue,
    ReplyExtensionGranted,
    ReplyOverdue,
    RequestAgreed,
    RequestDeclined,
    RequestFulfilled,
    RequestReceived,
    RequestWithdrawn,
    SupplementRequested,
)
from hub.sharing.grant import Grant
from hub.sharing.grant_events import GrantActivated, GrantEvent, GrantIssued, UsageRecorded
from hub.sharing.kinds import (
    DisposalMethod,
    EndCause,
    GrantStatus,
    RectificationFailure,
    SuspensionReason,
)
from tests.hub.kit import Given, given
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    METER,
    MONDAY,
    REQUEST,
    REVIEWER,
    SUPERVISOR,
    TIME,
    WORLD,
    agree,
    decline,
    draft,
    fulfil,
    happen,
    report,
)

if TYPE_CHECKING:
    from hub.actor import Speaker
    from hub.command import Command
    from hub.event import Event

R: dict[str, Any] = {"request_id": REQUEST}
G: dict[str, Any] = {"grant_id": GRANT}
MOVES: tuple[tuple[Command, Speaker], ...] = (
    (ApproveSharingRequestInternally(**R), ASKER_HEAD),
    (SubmitSharingRequest(**R), ASKER_HEAD),
    (ForwardSharingRequest(**R), REVIEWER),
    (AskSharingRequestSupplement(**R, missing=("说明",)), GIVER_HEAD),
    (SupplementSharingRequest(**R, answers="已补正"), ASKER_HEAD),
    (AskReplyExtension(**R, days=5, reason="协调"), GIVER_HEAD),
    (GrantReplyExtension(**R, days=5, notice="延期"), REVIEWER),
    (RefuseReplyExtension(**R, reason="理由不足"), REVIEWER),
    (agree(), GIVER_HEAD),
    (decline(), GIVER_HEAD),
    (WithdrawSharingRequest(**R, reason="不再需要"), ASKER),
    (fulfil(), GIVER_ADAPTER),
    (RecordReplyOverdue(**R), TIME),
    (RecordProvisionOverdue(**R), TIME),
    (ConfirmRequestDue(**R), TIME),
    (report(date(2026, 3, 20)), METER),
    (report(date(2026, 4, 20), 2), METER),
    (
        g.SuspendGrant(
            **G,
            reason_code=SuspensionReason.PASSED_ON,
            reason="提供给第三方",
            rectify_by=date(2026, 12, 1),
        ),
        SUPERVISOR,
    ),
    (g.ResumeGrant(**G, rectification="已整改"), SUPERVISOR),
    (g.TerminateGrant(**G, failure=RectificationFailure.REFUSED, reason="拒改"), SUPERVISOR),
    (g.RelinquishGrant(**G, cause=EndCause.NEED_GONE, reason="不再需要"), ASKER_HEAD),
    (g.ExpireGrant(**G), TIME),
    (g.RequireDisposal(**G, manner="销毁"), GIVER_HEAD),
    (
        g.ConfirmDisposal(
            **G, method=DisposalMethod.DESTROYED, proof="记录", disposed_on=date(2026, 3, 2)
        ),
        ASKER_HEAD,
    ),
    (g.RecordDisposalOverdue(**G), TIME),
)
STRAIGHT = [(MOVES[nth], 1) for nth in (0, 1, 8, 11, 15)]
"""Consent, submission, agreement, provision, use: how far it goes straight before chance begins."""
CHANCE = st.lists(
    st.tuples(st.sampled_from(MOVES), st.integers(min_value=0, max_value=15)),
    min_size=20,
    max_size=40,
)
STEPS = st.builds(
    lambda straight, steps: STRAIGHT[:straight] + steps, st.integers(0, len(STRAIGHT)), CHANCE
)


def tried(steps: list[tuple[tuple[Command, Speaker], int]]) -> tuple[Given, list[Event]]:
    """Try every step at a moment some days after the one before; keep what was recorded."""
    at = MONDAY
    world = given(*WORLD)
    history = [*world.when(draft(), ASKER, at).events()]
    happen(world, *history)
    for (command, speaker), days in steps:
        at += timedelta(days=days)
        try:
            events = world.when(command, speaker, at).events()
        except Refusal:
            continue
        happen(world, *events)
        history += events
    return world, history


@for_all(STEPS)
@settings(max_examples=150, deadline=None)
def test_one_answer_one_supplement_one_extension_each_lapse_once(
    steps: list[tuple[tuple[Command, Speaker], int]],
) -> None:
    _, history = tried(steps)
    count = Counter(type(event) for event in history)
    assert count[RequestAgreed] + count[RequestDeclined] + count[RequestWithdrawn] <= 1
    assert max(count[SupplementRequested], count[ReplyExtensionGranted]) <= 1
    assert max(count[RequestReceived], count[RequestFulfilled]) <= 1
    assert max(count[ReplyOverdue], count[ProvisionOverdue]) <= 1


@for_all(STEPS)
@settings(max_examples=150, deadline=None)
def test_a_grant_stands_only_on_an_agreement_and_is_used_only_when_provided(
    steps: list[tuple[tuple[Command, Speaker], int]],
) -> None:
    world, history = tried(steps)
    kinds = [type(event) for event in history]
    if any(isinstance(event, GrantEvent) for event in history):
        assert kinds.index(RequestAgreed) < kinds.index(GrantIssued)
    if GrantActivated in kinds:
        assert kinds.index(RequestFulfilled) < kinds.index(GrantActivated)
    if UsageRecorded in kinds:
        assert kinds.index(GrantActivated) < kinds.index(UsageRecorded)
    grant = world.states.get(GRANT)
    if isinstance(grant, Grant) and grant.status is GrantStatus.ACTIVE:
        assert RequestDeclined not in kinds


@for_all(STEPS)
@settings(max_examples=150, deadline=None)
def test_an_answer_stops_the_reply_clock_and_the_clocks_follow_each_other(
    steps: list[tuple[tuple[Command, Speaker], int]],
) -> None:
    """The clocks as the list of deadlines folds them: `due` starts, `STOPS` stops."""
    _, history = tried(steps)
    running: set[str] = set()
    for event in history:
        if event.clock_id != REQUEST:
            continue
        running -= set(event.STOPS)
        due = getattr(event, "due", None)
        if due is not None:
            running.add(due.duty)
        assert len(running) <= 1
        if isinstance(event, RequestAgreed | RequestDeclined | RequestWithdrawn):
            assert Duty.REPLY not in running
