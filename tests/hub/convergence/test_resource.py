"""Mounting, testing, changing, suspending a resource."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from pydantic import ValidationError

from hub.actor import Role
from hub.catalog.kinds import ShareMethod, ShareType
from hub.convergence.commands import (
    ActivateResource,
    ChangeResource,
    MountResource,
    ResumeResource,
    SuspendResource,
    TestResource,
)
from hub.convergence.events import (
    ResourceActivated,
    ResourceChanged,
    ResourceMounted,
    ResourceResumed,
    ResourceSuspended,
    ResourceTested,
)
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from tests.hub.convergence.world import (
    ADAPTER,
    CATALOGUER,
    SHARING_HEAD,
    START,
    SUPERVISOR,
    TABLE,
    content,
    entry,
    event_of,
    mount,
    noon,
    serving,
    withdrawn,
)
from tests.hub.departments.city import CITY, who
from tests.hub.kit import given

CHANGE = ChangeResource(resource_id=TABLE, title="出生登记表(新)", reason="迁移到新库")
SUSPEND = SuspendResource(resource_id=TABLE, reason="机房检修")
RESUME = ResumeResource(resource_id=TABLE)


def test_the_provider_mounts_a_table_on_its_entry() -> None:
    given(*entry()).when(mount(), CATALOGUER).then(ResourceMounted)


def test_another_department_mounts_nothing_here() -> None:
    given(*entry()).when(mount(), who("tax", Role.CATALOGUER)).refused(Forbidden)


def test_nothing_is_mounted_on_an_entry_that_is_not_in_force() -> None:
    drafted = entry()[:-1]
    given(*drafted).when(mount(), CATALOGUER).refused(Conflict, "no version of it is in force")


def test_nothing_is_mounted_on_a_class_that_is_not_shared() -> None:
    secret = entry(content(share_type=ShareType.NOT_SHARED))
    given(*secret).when(mount(), CATALOGUER).refused(Conflict, "not shared")


def test_a_resource_serves_in_a_way_its_entry_names() -> None:
    text = content()
    only_files = msgspec.structs.replace(text, share_methods=(ShareMethod.FILE,))
    given(*entry(only_files)).when(mount(), CATALOGUER).refused(Invalid, "shared as file")


def test_a_resource_carries_items_of_its_entry_only() -> None:
    given(*entry()).when(mount(items=("姓名",)), CATALOGUER).refused(Invalid, "no item “姓名”")


def test_a_resource_is_mounted_once() -> None:
    serving().when(mount(), CATALOGUER).refused(Conflict, "mounted already")


def test_nobody_may_do_anything_to_what_is_not_there() -> None:
    given(*CITY).when(mount(), CATALOGUER).refused(NotFound, "no catalog.entry")
    given(*CITY).when(RESUME, SHARING_HEAD).refused(NotFound, TABLE)


@pytest.mark.parametrize(
    "locator",
    [
        "postgresql://user:pw@10.1.2.3/births",
        "jdbc:oracle:thin:@//db;password=x",
        "https://api.example/v1?token=abc",
        "表 births，口令: 1234",
    ],
)
def test_a_locator_never_holds_a_password(locator: str) -> None:
    with pytest.raises(ValidationError, match="never how to log in"):
        MountResource(
            resource_id=TABLE,
            entry_id="catalog.entry:births",
            kind=ShareMethod.TABLE,
            title="表",
            locator=locator,
        )


def test_only_a_good_test_lets_a_resource_be_activated() -> None:
    mounted = given(*entry()).when(mount(), CATALOGUER).then(ResourceMounted)
    mounted.when(ActivateResource(resource_id=TABLE), SHARING_HEAD).refused(Conflict, "good test")
    bad = TestResource(resource_id=TABLE, ok=False, findings="无法连接")
    tested = mounted.when(bad, ADAPTER).then(ResourceTested)
    tested.when(ActivateResource(resource_id=TABLE), SHARING_HEAD).refused(Conflict, "good test")
    tested.when(TestResource(resource_id=TABLE, ok=True), ADAPTER).then(ResourceTested).when(
        ActivateResource(resource_id=TABLE), SHARING_HEAD
    ).then(ResourceActivated)


def test_a_failed_test_says_what_was_wrong() -> None:
    mounted = given(*entry()).when(mount(), CATALOGUER).then(ResourceMounted)
    mounted.when(TestResource(resource_id=TABLE, ok=False), ADAPTER).refused(Invalid, "found wrong")


def test_a_harmless_change_needs_no_notice() -> None:
    changed = event_of(serving(), CHANGE, CATALOGUER, START, ResourceChanged)
    assert isinstance(changed, ResourceChanged)
    assert not changed.breaking


def test_a_change_that_drops_an_item_is_breaking_whatever_it_calls_itself() -> None:
    fewer = CHANGE.model_copy(update={"items": ("证号",)})
    serving().when(fewer, CATALOGUER).refused(Invalid, "notice")
    told = fewer.model_copy(update={"notice": "不再提供日期", "effective_on": date(2026, 4, 1)})
    changed = event_of(serving(), told, CATALOGUER, START, ResourceChanged)
    assert isinstance(changed, ResourceChanged)
    assert changed.breaking


def test_a_breaking_change_is_announced_before_it_holds() -> None:
    late = CHANGE.model_copy(
        update={"breaking": True, "notice": "改表名", "effective_on": date(2026, 3, 1)}
    )
    serving().when(late, CATALOGUER).refused(Invalid, "is past")


def test_a_change_that_says_it_breaks_something_needs_a_notice_too() -> None:
    renamed = CHANGE.model_copy(update={"breaking": True})
    serving().when(renamed, CATALOGUER).refused(Invalid, "notice")


def test_nothing_serves_for_an_entry_that_was_withdrawn() -> None:
    world = given(*entry()).when(mount(), CATALOGUER).then(ResourceMounted)
    world = world.when(TestResource(resource_id=TABLE, ok=True), ADAPTER).then(ResourceTested)
    world._fold(withdrawn())  # noqa: SLF001  # what another chapter did
    world.when(ActivateResource(resource_id=TABLE), SHARING_HEAD).refused(Conflict, "in force")
    idle = serving().when(SUSPEND, SHARING_HEAD).then(ResourceSuspended)
    idle._fold(withdrawn())  # noqa: SLF001  # what another chapter did
    idle.when(RESUME, SHARING_HEAD).refused(Conflict, "in force")


def test_provider_and_authority_suspend_and_each_lifts_its_own() -> None:
    own = serving().when(SUSPEND, SHARING_HEAD).then(ResourceSuspended)
    own.when(RESUME, SHARING_HEAD).then(ResourceResumed)
    ordered = serving().when(SUSPEND, SUPERVISOR).then(ResourceSuspended)
    ordered.when(RESUME, SHARING_HEAD).refused(Forbidden, "the authority suspended")
    ordered.when(RESUME, SUPERVISOR).then(ResourceResumed)


def test_an_authority_of_another_region_suspends_nothing() -> None:
    serving().when(SUSPEND, who("audit", Role.AUDITOR)).refused(Forbidden)


def test_what_is_suspended_is_not_suspended_again() -> None:
    world = serving().when(SUSPEND, SHARING_HEAD).then(ResourceSuspended)
    world.when(SUSPEND, SHARING_HEAD).refused(Conflict, "suspended")
    serving().when(RESUME, SHARING_HEAD).refused(Conflict, "not suspended")


def test_while_suspended_nothing_is_expected_and_afterwards_the_running_period() -> None:
    world = serving().when(SUSPEND, SHARING_HEAD, noon(3, 20)).then(ResourceSuspended)
    assert world.states[TABLE].refresh is None  # type: ignore[union-attr]  # a Resource
    resumed = event_of(world, RESUME, SHARING_HEAD, noon(5, 6), ResourceResumed)
    assert isinstance(resumed, ResourceResumed)
    assert resumed.expects == "2026-05"
    assert resumed.due is not None
    assert resumed.due.on == date(2026, 5, 31) + timedelta(days=5)
