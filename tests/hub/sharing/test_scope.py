"""What a grant permits, and how the provider widens it (Decree 809 §25)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hub.actor import Role
from hub.catalog.events import CatalogEntryHandedOver
from hub.catalog.kinds import ShareMethod, ShareType
from hub.departments.due import Duty
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.grant import Grant, permits
from hub.sharing.grant_commands import (
    ExpireGrant,
    ExtendGrantScope,
    TerminateGrant,
)
from hub.sharing.grant_events import (
    GrantScopeExtended,
    GrantSuspended,
)
from hub.sharing.kinds import RectificationFailure
from tests.hub.departments.city import OPERATOR, org, who
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    SUPERVISOR,
    TIME,
    active,
    after,
    agreed,
    china,
    content,
    entry,
    happen,
    one,
    suspend,
    suspended,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

LAST = date(2026, 12, 31)
EXPIRE = ExpireGrant(grant_id=GRANT)
REFUSED = TerminateGrant(grant_id=GRANT, failure=RectificationFailure.REFUSED, reason="拒不整改")
INSUFFICIENT = TerminateGrant(
    grant_id=GRANT, failure=RectificationFailure.INSUFFICIENT, reason="整改不到位"
)


def grant_of(world: Given) -> Grant:
    grant = world.states[GRANT]
    assert isinstance(grant, Grant)
    return grant


def test_a_use_inside_the_grant_is_permitted() -> None:
    grant = grant_of(active())
    assert permits(grant, "姓名", ShareMethod.TABLE, "golden-tax", china(3, 10))
    assert permits(grant, "证号", ShareMethod.INTERFACE, "golden-tax", china(12, 31, 23))


@pytest.mark.parametrize(
    ("item", "method", "system", "at"),
    [
        ("住址", ShareMethod.TABLE, "golden-tax", china(3, 10)),
        ("姓名", ShareMethod.FILE, "golden-tax", china(3, 10)),
        ("姓名", ShareMethod.TABLE, "other-system", china(3, 10)),
        ("姓名", ShareMethod.TABLE, "golden-tax", china(3, 8)),
        ("姓名", ShareMethod.TABLE, "golden-tax", china(1, 1, 0, 2027)),
    ],
)
def test_a_use_outside_item_method_system_or_time_is_not(
    item: str, method: ShareMethod, system: str, at: datetime
) -> None:
    assert not permits(grant_of(active()), item, method, system, at)


def test_only_an_active_grant_permits() -> None:
    for world in (agreed(), suspended()):
        use = ("姓名", ShareMethod.TABLE, "golden-tax", china(4, 2))
        assert not permits(grant_of(world), *use)


def test_the_quota_of_a_day_is_the_last_call_it_names() -> None:
    grant = grant_of(active(calls_per_day_max=100))
    use = ("姓名", ShareMethod.TABLE, "golden-tax", china(3, 10))
    assert permits(grant, *use, calls_today=99)
    assert not permits(grant, *use, calls_today=100)
    assert permits(grant_of(active()), *use, calls_today=10**9)


# Widening


def test_the_provider_consents_to_more() -> None:
    wider = ExtendGrantScope(
        grant_id=GRANT, reason="新增系统", systems=("tax-app", "golden-tax"), items=("姓名",)
    )
    event = one(active(), wider, GIVER_HEAD, china(4, 1), GrantScopeExtended)
    assert (event.systems, event.items, event.due) == (("tax-app",), (), None)
    world = active().when(wider, GIVER_HEAD, china(4, 1)).then(GrantScopeExtended)
    assert permits(grant_of(world), "姓名", ShareMethod.TABLE, "tax-app", china(4, 2))
    world.when(wider, GIVER_HEAD, china(4, 2)).refused(Conflict, "nothing to add")


def test_a_longer_period_moves_the_end() -> None:
    later = ExtendGrantScope(grant_id=GRANT, reason="续期", valid_to=date(2027, 1, 31))
    event = one(active(), later, GIVER_HEAD, china(4, 1), GrantScopeExtended)
    assert (event.due.duty, event.due.on) == (Duty.GRANT_END, date(2027, 1, 31))
    world = active().when(later, GIVER_HEAD, china(4, 1)).then(GrantScopeExtended)
    world.when(EXPIRE, TIME, after(LAST)).refused(Conflict, "runs to the end of 2027-01-31")


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"items": ("住址",)}, Invalid, "not shared"),
        ({"items": ("车牌",)}, Invalid, "does not offer"),
        ({"methods": (ShareMethod.FILE,)}, Invalid, "not as file"),
        ({"valid_to": LAST}, Invalid, "is not later"),
        ({"valid_to": date(2027, 6, 1)}, Invalid, "at most 400 days"),
        ({}, Conflict, "nothing to add"),
    ],
)
def test_nobody_consents_to_what_the_entry_does_not_offer(
    changes: dict[str, Any], kind: type, words: str
) -> None:
    wider = ExtendGrantScope(grant_id=GRANT, reason="扩大", **changes)
    active().when(wider, GIVER_HEAD, china(4, 1)).refused(kind, words)


def test_only_the_provider_widens_and_only_a_running_grant() -> None:
    wider = ExtendGrantScope(grant_id=GRANT, reason="新增系统", systems=("tax-app",))
    active().when(wider, ASKER_HEAD, china(4, 1)).refused(Forbidden)
    active().when(wider, SUPERVISOR, china(4, 1)).refused(Forbidden)
    suspended().when(wider, GIVER_HEAD, china(4, 2)).refused(Conflict, "the grant is suspended")
    closed = active()
    happen(closed, *entry(LIMITED, content(ShareType.NOT_SHARED), version=2))
    closed.when(wider, GIVER_HEAD, china(4, 1)).refused(Conflict, "class 3")


def test_a_grant_follows_the_duty_to_the_new_provider() -> None:
    world = active()
    happen(
        world,
        CatalogEntryHandedOver(
            at=china(3, 30),
            by=OPERATOR,
            entry_id=LIMITED,
            provider_id=org("civil"),
            receiver_id=org("market"),
            reason="机构改革",
        ),
    )
    world.when(suspend(), GIVER_HEAD, china(4, 1)).refused(Forbidden)
    heir = who("market", Role.SHARING_HEAD)
    assert one(world, suspend(), heir, china(4, 1), GrantSuspended).provider_id == org("market")
    world.when(suspend(), heir, china(4, 1)).then(GrantSuspended)
    assert grant_of(world).provider_id == org("market")
