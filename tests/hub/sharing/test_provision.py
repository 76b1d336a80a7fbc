"""What was agreed to is provided in time, through a resource of the entry (§22, D-08)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.actor import Role
from hub.catalog.events import CatalogUseClosed
from hub.catalog.kinds import ShareMethod
from hub.convergence.events import BatchDelivered, BatchPublished, ResourceSuspended
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.sharing.commands import (
    RecordProvisionOverdue,
)
from hub.sharing.events import (
    ProvisionOverdue,
    RequestFulfilled,
)
from hub.sharing.grant_commands import ExpireGrant
from hub.sharing.grant_events import GrantActivated, GrantExpired
from hub.sharing.kinds import FulfilledVia
from tests.hub.departments.city import OPERATOR, org, who
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_ADAPTER,
    GRANT,
    METER,
    MONDAY,
    OPEN_API,
    REQUEST,
    TABLE,
    TIME,
    active,
    after,
    agreed,
    china,
    fulfil,
    happen,
    one,
    received,
)

if TYPE_CHECKING:
    from hub.event import Event

PROVISION_LATE = RecordProvisionOverdue(request_id=REQUEST)
PROVIDE_ON = date(2026, 4, 7)
"""Twenty working days after 9 March 2026, over Qingming."""


def test_fulfilment_stops_the_clock_and_activates_the_grant() -> None:
    event = one(agreed(), fulfil(), GIVER_ADAPTER, china(3, 12), RequestFulfilled)
    assert (event.STOPS, event.took_days) == (("provide",), 3)
    done = agreed().when(fulfil(), METER, china(3, 12)).then(RequestFulfilled, GrantActivated)
    done.when(PROVISION_LATE, TIME, after(PROVIDE_ON)).refused(Conflict, "was done before")


def test_data_agreed_to_and_not_provided_is_overdue() -> None:
    agreed().when(PROVISION_LATE, TIME, after(PROVIDE_ON) - timedelta(seconds=1)).refused(
        Conflict, "runs to the end of 2026-04-07"
    )
    late = agreed().when(PROVISION_LATE, TIME, after(PROVIDE_ON)).then(ProvisionOverdue)
    late.when(PROVISION_LATE, TIME, after(PROVIDE_ON)).refused(Conflict, "recorded already")
    late.when(fulfil(), GIVER_ADAPTER, china(4, 9)).then(RequestFulfilled, GrantActivated)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"resource_id": OPEN_API}, Invalid, "is not a resource of"),
        ({"via": FulfilledVia.DELIVERY}, Invalid, "name the batch"),
    ],
)
def test_provision_needs_a_resource_of_the_entry_and_evidence(
    changes: dict[str, Any], kind: type, words: str
) -> None:
    agreed().when(fulfil(**changes), GIVER_ADAPTER, china(3, 12)).refused(kind, words)


def test_a_resource_that_does_not_serve_fulfils_nothing() -> None:
    world = agreed()
    happen(
        world,
        ResourceSuspended(
            at=MONDAY,
            by=OPERATOR,
            resource_id=TABLE,
            entry_id="catalog.entry:limited",
            provider_id=org("civil"),
            reason="检修",
        ),
    )
    world.when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "serves nobody")


def test_the_way_of_sharing_is_one_that_was_granted() -> None:
    world = agreed(methods=(ShareMethod.INTERFACE,))
    world.when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Invalid, "the grant is for interface")


def test_only_what_was_agreed_is_provided_and_once() -> None:
    received().when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "agreed")
    active().when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "is fulfilled")


def test_the_requester_does_not_declare_the_data_provided() -> None:
    agreed().when(fulfil(), ASKER_HEAD, china(3, 12)).refused(Forbidden)
    agreed().when(fulfil(), who("tax", Role.ADAPTER), china(3, 12)).refused(Forbidden)


def test_nothing_is_provided_under_a_grant_that_expired() -> None:
    world = agreed(period_to=date(2026, 3, 20))
    expired = world.when(ExpireGrant(grant_id=GRANT), TIME, after(date(2026, 3, 20))).then(
        GrantExpired, CatalogUseClosed
    )
    expired.when(fulfil(), GIVER_ADAPTER, china(3, 24)).refused(Conflict, "the grant is expired")


def _delivered(batch_id: str, resource_id: str, *, live: bool) -> list[Event]:
    common: dict[str, Any] = {
        "at": MONDAY,
        "by": OPERATOR,
        "batch_id": batch_id,
        "resource_id": resource_id,
        "entry_id": "catalog.entry:limited",
        "provider_id": org("civil"),
    }
    delivered = BatchDelivered(
        **common,
        period="2026-02",
        rows=1,
        bytes=1,
        sha256="sha256:" + "0" * 64,
        file_name="a.csv",
        content_type="text/csv",
        standard_version="1",
    )
    return [delivered, *([BatchPublished(**common, data_version=1)] if live else [])]


def test_a_delivery_names_a_batch_that_is_live_on_its_resource() -> None:
    batch_id = "convergence.batch:first"
    told = fulfil(via=FulfilledVia.DELIVERY, batch_id=batch_id)
    agreed().when(told, GIVER_ADAPTER, china(3, 12)).refused(NotFound, batch_id)
    for resource_id, live in ((TABLE, False), (OPEN_API, True)):
        world = agreed()
        happen(world, *_delivered(batch_id, resource_id, live=live))
        world.when(told, GIVER_ADAPTER, china(3, 12)).refused(Invalid, "live on the resource")
    world = agreed()
    happen(world, *_delivered(batch_id, TABLE, live=True))
    world.when(told, GIVER_ADAPTER, china(3, 12)).then(RequestFulfilled, GrantActivated)
