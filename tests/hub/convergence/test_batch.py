"""A batch from its delivery to the published data; the same file is never taken twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hub.actor import Role
from hub.catalog.kinds import ShareMethod, UpdateCycle
from hub.convergence.batch import DataBatch
from hub.convergence.commands import (
    AcceptBatch,
    CheckResult,
    DeliverBatch,
    PublishBatch,
    ReceiveBatch,
    ReconcileBatch,
    RejectBatch,
    SuspendResource,
    VerifyBatch,
)
from hub.convergence.events import (
    BatchAccepted,
    BatchDelivered,
    BatchPublished,
    BatchReceived,
    BatchReconciled,
    BatchRejected,
    BatchVerified,
    DataPublished,
    ResourceSuspended,
)
from hub.convergence.kinds import BatchStatus, CheckRule
from hub.convergence.resource import Resource
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.convergence.world import (
    ADAPTER,
    CATALOGUER,
    MACHINE,
    SHARING_HEAD,
    START,
    TABLE,
    content,
    deliver,
    event_of,
    found,
    serving,
    sha,
)
from tests.hub.departments.city import who

if TYPE_CHECKING:
    from tests.hub.kit import Given

BATCH = deliver().batch_id
RECEIVE = ReceiveBatch(batch_id=BATCH, rows=10, bytes=400, sha256=sha("a"))
VERIFY = VerifyBatch(
    batch_id=BATCH, checks=(CheckResult(rule=CheckRule.TYPE, checked=20, failed=0),)
)
ACCEPT = AcceptBatch(batch_id=BATCH)
REJECT = RejectBatch(batch_id=BATCH, reason="超出责任清单范围")
PUBLISH = PublishBatch(batch_id=BATCH)
TAKEN_IN = (
    BatchDelivered,
    BatchReceived,
    BatchVerified,
    BatchAccepted,
    BatchPublished,
    DataPublished,
)
TURNED_BACK = (BatchDelivered, BatchReceived, BatchVerified, BatchRejected)


def delivered() -> Given:
    return serving().when(deliver(), ADAPTER).then(BatchDelivered)


def checked() -> Given:
    return (
        delivered()
        .when(RECEIVE, MACHINE)
        .then(BatchReceived)
        .when(VERIFY, MACHINE)
        .then(BatchVerified)
    )


def live() -> Given:
    return serving().when(deliver(verification=found()), ADAPTER).then(*TAKEN_IN)


def status(world: Given, batch_id: str = BATCH) -> BatchStatus:
    batch = world.states[batch_id]
    assert isinstance(batch, DataBatch)
    return batch.status


def test_a_batch_goes_through_its_steps_one_by_one() -> None:
    world = checked().when(ACCEPT, MACHINE).then(BatchAccepted)
    world = world.when(PUBLISH, MACHINE).then(BatchPublished, DataPublished)
    assert status(world) is BatchStatus.LIVE


def test_no_step_is_taken_before_the_one_before_it() -> None:
    delivered().when(VERIFY, MACHINE).refused(Conflict, "the batch is delivered")
    delivered().when(REJECT, MACHINE).refused(Conflict, "the batch is delivered")
    checked().when(PUBLISH, MACHINE).refused(Conflict, "the batch is checked")
    checked().when(RECEIVE, MACHINE).refused(Conflict, "the batch is checked")
    live().when(PUBLISH, MACHINE).refused(Conflict, "the batch is live")


@pytest.mark.parametrize("step", [RECEIVE, VERIFY, ACCEPT, PUBLISH])
def test_the_provider_does_not_take_the_hubs_steps(step: ReceiveBatch) -> None:
    delivered().when(step, ADAPTER).refused(Forbidden)


def test_a_delivery_read_by_the_edge_is_published_in_one_breath() -> None:
    world = live()
    resource = world.states[TABLE]
    assert isinstance(resource, Resource)
    assert (resource.data_version, resource.last_period) == (1, "2026-03")
    assert resource.last_batch_id == BATCH


def test_a_delivery_with_failing_rows_is_turned_back_with_counts_only() -> None:
    bad = deliver(verification=found(failed=3))
    rejected = event_of(serving(), bad, ADAPTER, START, BatchRejected)
    assert isinstance(rejected, BatchRejected)
    assert rejected.reason == "checks failed: type"
    assert status(serving().when(bad, ADAPTER).then(*TURNED_BACK)) is BatchStatus.REJECTED


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (found(rows=9), CheckRule.ROWS),
        (found(size=399), CheckRule.BYTES),
        (found(letter="b"), CheckRule.DIGEST),
    ],
)
def test_a_payload_that_is_not_the_manifests_is_turned_back(wrong: object, rule: CheckRule) -> None:
    command = deliver().model_copy(update={"verification": wrong})
    verified = event_of(serving(), command, ADAPTER, START, BatchVerified)
    assert isinstance(verified, BatchVerified)
    assert [check.rule for check in verified.checks if check.failed] == [rule]
    serving().when(command, ADAPTER).then(*TURNED_BACK)


def test_a_batch_that_failed_a_check_cannot_be_accepted() -> None:
    bad = VERIFY.model_copy(
        update={"checks": (CheckResult(rule=CheckRule.KEY, checked=10, failed=1),)}
    )
    world = delivered().when(RECEIVE, MACHINE).then(BatchReceived)
    world = world.when(bad, MACHINE).then(BatchVerified)
    world.when(ACCEPT, MACHINE).refused(Conflict, "failed key")
    world.when(REJECT, MACHINE).then(BatchRejected)


def test_the_authority_turns_a_batch_back_that_passed_the_machine() -> None:
    checked().when(REJECT, who("city", Role.AUTHORITY_REVIEWER)).then(BatchRejected)
    checked().when(REJECT, SHARING_HEAD).refused(Forbidden)


def test_the_same_file_for_the_same_period_is_taken_once() -> None:
    live().when(deliver(verification=found()), ADAPTER).then()
    live().when(deliver(), CATALOGUER).then()


def test_a_repeated_delivery_is_the_same_wish_whatever_was_found() -> None:
    assert deliver(verification=found()).model_dump() == deliver().model_dump()


def test_another_file_or_another_period_is_another_batch() -> None:
    assert deliver(letter="b").batch_id != BATCH
    assert deliver(period="2026-02").batch_id != BATCH
    live().when(deliver(letter="b", verification=found(letter="b")), ADAPTER).then(*TAKEN_IN)


def test_versions_of_the_data_count_its_publications() -> None:
    second = deliver(letter="b", verification=found(letter="b"))
    event = event_of(live(), second, ADAPTER, START, DataPublished)
    assert isinstance(event, DataPublished)
    assert event.data_version == 2


def test_what_was_turned_back_is_delivered_again_as_a_new_batch() -> None:
    world = serving().when(deliver(verification=found(failed=1)), ADAPTER).then(*TURNED_BACK)
    again = deliver(letter="b", verification=found(letter="b"), supersedes=BATCH)
    world.when(again, ADAPTER).then(*TAKEN_IN)


def test_the_very_file_that_was_turned_back_may_come_again_when_it_says_so() -> None:
    world = serving().when(deliver(verification=found(failed=1)), ADAPTER).then(*TURNED_BACK)
    again = deliver(verification=found(), supersedes=BATCH)
    assert again.batch_id != BATCH
    world = world.when(again, ADAPTER).then(*TAKEN_IN)
    world.when(again, ADAPTER).then()


def test_a_live_file_is_not_replaced_by_itself() -> None:
    live().when(deliver(supersedes=BATCH), ADAPTER).refused(Conflict, "this very file")


def test_a_batch_supersedes_one_of_its_own_resource_and_period() -> None:
    live().when(deliver(period="2026-02", supersedes=BATCH), ADAPTER).refused(
        Invalid, "another resource or period"
    )
    delivered().when(deliver(letter="b", supersedes=BATCH), ADAPTER).refused(
        Conflict, "is delivered"
    )


def test_a_batch_is_for_a_period_of_the_entrys_cycle_that_has_begun() -> None:
    serving().when(deliver("2026-03-02"), ADAPTER).refused(Invalid, "updated monthly")
    serving().when(deliver("2026-04"), ADAPTER).refused(Invalid, "has not begun")
    serving(content(UpdateCycle.IRREGULAR)).when(deliver("2026-03-02"), ADAPTER).then(
        BatchDelivered
    )


def test_only_a_serving_resource_that_is_fed_takes_batches() -> None:
    stop = SuspendResource(resource_id=TABLE, reason="机房检修")
    serving().when(stop, SHARING_HEAD).then(ResourceSuspended).when(deliver(), ADAPTER).refused(
        Conflict, "suspended"
    )
    serving(kind=ShareMethod.INTERFACE).when(deliver(), ADAPTER).refused(Conflict, "interface")


def test_another_department_delivers_nothing_here() -> None:
    serving().when(deliver(), who("tax", Role.ADAPTER)).refused(Forbidden)
    serving().when(deliver(), who("civil", Role.BUSINESS_USER)).refused(Forbidden)


@pytest.mark.parametrize(
    ("rows", "digest", "matches"),
    [(10, None, True), (10, sha("a"), True), (11, None, False), (10, sha("b"), False)],
)
def test_books_are_compared_and_the_difference_kept(
    rows: int, digest: str | None, *, matches: bool
) -> None:
    command = ReconcileBatch(batch_id=BATCH, rows=rows, sha256=digest)
    event = event_of(live(), command, ADAPTER, START, BatchReconciled)
    assert isinstance(event, BatchReconciled)
    assert event.matches is matches


@pytest.mark.parametrize(
    "wrong",
    [
        {"file_name": "../births.csv"},
        {"sha256": "a" * 64},
        {"period": "March"},
        {"bytes": 0},
        {"rows": -1},
        {"content_type": "csv"},
    ],
)
def test_a_manifest_is_well_formed(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DeliverBatch.model_validate(deliver().model_dump() | wrong)
