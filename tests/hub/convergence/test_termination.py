"""A running service is not ended at will (Decree 809 §27, P7)."""

from __future__ import annotations

from datetime import date

from hub.convergence.commands import (
    FileResourceTermination,
    NotifyResourceTermination,
    RecordTerminationNegotiation,
    UnmountResource,
)
from hub.convergence.events import (
    ResourceMounted,
    ResourceTerminationFiled,
    ResourceTerminationNegotiated,
    ResourceTerminationNotified,
    ResourceUnmounted,
)
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.convergence.world import (
    CATALOGUER,
    GRANT,
    SHARING_HEAD,
    START,
    TABLE,
    entry,
    event_of,
    grant_on_entry,
    mount,
    noon,
    serving,
)
from tests.hub.departments.city import org
from tests.hub.kit import Given, given

NOTIFY = NotifyResourceTermination(
    resource_id=TABLE, ends_on=date(2026, 3, 31), reason="职责划出，系统下线"
)
NEGOTIATE = RecordTerminationNegotiation(
    resource_id=TABLE, grant_id=GRANT, requester_id=org("tax"), agreed=True, outcome="改用新接口"
)
FILE = FileResourceTermination(resource_id=TABLE, filing_number="长数备〔2026〕3号")
UNMOUNT = UnmountResource(resource_id=TABLE, reason="系统下线")


def notified() -> Given:
    world = serving()
    world._fold(grant_on_entry())  # noqa: SLF001  # a grant that arose meanwhile
    return world.when(NOTIFY, SHARING_HEAD).then(ResourceTerminationNotified)


def unmounted(world: Given, month: int, day: int) -> ResourceUnmounted:
    event = event_of(world, UNMOUNT, SHARING_HEAD, noon(month, day), ResourceUnmounted)
    assert isinstance(event, ResourceUnmounted)
    return event


def test_the_end_is_announced_for_a_day_ahead() -> None:
    today = NOTIFY.model_copy(update={"ends_on": date(2026, 3, 2)})
    serving().when(today, SHARING_HEAD).refused(Invalid, "must lie ahead")


def test_the_end_is_announced_once_and_by_the_sharing_head() -> None:
    notified().when(NOTIFY, SHARING_HEAD).refused(Conflict, "only an active")
    serving().when(NOTIFY, CATALOGUER).refused(Forbidden)


def test_nothing_is_negotiated_or_filed_before_it_is_announced() -> None:
    serving().when(NEGOTIATE, SHARING_HEAD).refused(Conflict, "announce its end first")
    serving().when(FILE, SHARING_HEAD).refused(Conflict, "announce its end first")


def test_negotiation_is_with_a_grantee_of_this_entry() -> None:
    stranger = NEGOTIATE.model_copy(update={"grant_id": "sharing.grant:other"})
    notified().when(stranger, SHARING_HEAD).refused(Invalid, "does not stand on")


def test_it_is_filed_after_negotiating_with_every_grantee() -> None:
    notified().when(FILE, SHARING_HEAD).refused(Conflict, "has not been negotiated")
    world = notified().when(NEGOTIATE, SHARING_HEAD).then(ResourceTerminationNegotiated)
    filed = event_of(world, FILE, SHARING_HEAD, START, ResourceTerminationFiled)
    assert isinstance(filed, ResourceTerminationFiled)
    assert filed.grant_ids == (GRANT,)
    world.when(FILE, SHARING_HEAD).then(ResourceTerminationFiled).when(FILE, SHARING_HEAD).refused(
        Conflict, "filed already"
    )


def test_a_service_that_ends_as_filed_is_not_ended_at_will() -> None:
    world = (
        notified()
        .when(NEGOTIATE, SHARING_HEAD)
        .then(ResourceTerminationNegotiated)
        .when(FILE, SHARING_HEAD)
        .then(ResourceTerminationFiled)
    )
    assert unmounted(world, 3, 30).without_filing, "a day earlier than filed"
    assert not unmounted(world, 3, 31).without_filing


def test_a_service_that_goes_away_without_filing_says_so() -> None:
    assert unmounted(serving(), 3, 3).without_filing
    assert unmounted(notified(), 3, 31).without_filing


def test_what_never_served_is_taken_away_freely_and_once() -> None:
    mounted = given(*entry()).when(mount(), CATALOGUER).then(ResourceMounted)
    assert not unmounted(mounted, 3, 3).without_filing
    mounted.when(UNMOUNT, SHARING_HEAD).then(ResourceUnmounted).when(UNMOUNT, SHARING_HEAD).refused(
        Conflict, "has ended"
    )
