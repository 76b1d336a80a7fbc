"""What was used is recorded, by the meter and by the requester (§26, §29; D-14, D-20)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hub.actor import Role
from hub.catalog.events import CatalogUseClosed
from hub.departments.due import Duty
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.grant_commands import (
    DetectAnomalousUse,
    ExpireGrant,
    FileUsageEntry,
    LinkServiceItem,
    ResumeGrant,
    SuspendGrant,
)
from hub.sharing.grant_events import (
    AnomalousUseDetected,
    GrantExpired,
    GrantFirstUsed,
    GrantResumed,
    GrantSuspended,
    ServiceItemLinked,
    UsageRecorded,
    UsageRegisterEntryFiled,
)
from hub.sharing.kinds import Anomaly, SuspensionReason
from tests.hub.departments.city import org, who
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    METER,
    REQUEST,
    SUPERVISOR,
    TIME,
    active,
    after,
    agreed,
    china,
    one,
    report,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

DAY = date(2026, 3, 20)
FIRST = (UsageRecorded, GrantFirstUsed)
FILE = FileUsageEntry(
    grant_id=GRANT,
    scenario="核验纳税人身份",
    process="接口实时核验",
    effect="少交材料一份",
    storage="不落地",
)
LINK = LinkServiceItem(grant_id=GRANT, service_item="个人所得税汇算", channel="湘易办")


def used() -> Given:
    return active().when(report(DAY), METER, china(3, 21)).then(*FIRST)


def test_the_first_use_makes_feedback_due_within_sixty_days_of_it() -> None:
    event = one(active(), report(DAY), METER, china(3, 25), UsageRecorded)
    assert (event.due.duty, event.due.rule, event.due.owner_id) == (
        Duty.FEEDBACK,
        "D-14",
        org("tax"),
    )
    assert (event.due.started_on, event.due.on) == (DAY, date(2026, 5, 19))
    assert (event.clock_id, event.case_id) == (GRANT, REQUEST)


def test_later_uses_start_no_other_feedback() -> None:
    again = used().when(report(date(2026, 3, 21)), METER, china(3, 22)).then(UsageRecorded)
    event = one(again, report(date(2026, 3, 22)), METER, china(3, 23), UsageRecorded)
    assert event.due is None


def test_a_day_on_which_every_call_failed_is_no_use() -> None:
    failed = report(DAY, ok=0, failed=10)
    world = active().when(failed, METER, china(3, 21)).then(UsageRecorded)
    world.when(report(date(2026, 3, 21)), METER, china(3, 22)).then(*FIRST)


def test_the_same_report_twice_is_one_report() -> None:
    used().when(report(DAY), METER, china(3, 22)).then()


def test_another_log_under_the_same_number_is_refused() -> None:
    other = report(DAY, log_hash=f"sha256:{'b' * 64}")
    used().when(other, METER, china(3, 22)).refused(Conflict, "next sequence")
    used().when(report(DAY, 2), METER, china(3, 22)).then(UsageRecorded)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"items": ("姓名", "住址")}, Conflict, "“住址” is outside the grant"),
        ({"systems": ("other",)}, Conflict, "“other” is outside the grant"),
        ({"day": date(2026, 3, 9)}, Conflict, "could not be used on 2026-03-09"),
        ({"day": date(2026, 3, 22)}, Invalid, "still to come"),
        ({"ok": 5, "failed": 1}, Invalid, "are not 10"),
    ],
)
def test_a_use_outside_the_grant_is_refused(
    changes: dict[str, Any], kind: type, words: str
) -> None:
    command = report(**{"day": DAY, **changes})
    active().when(command, METER, china(3, 21)).refused(kind, words)


def test_a_grant_that_waits_for_its_data_is_not_used() -> None:
    agreed().when(report(DAY), METER, china(3, 21)).refused(Conflict, "it is issued")


def test_days_of_suspension_are_not_usable_and_days_before_are() -> None:
    suspend = SuspendGrant(
        grant_id=GRANT,
        reason_code=SuspensionReason.SECURITY,
        reason="漏洞",
        rectify_by=date(2026, 4, 30),
    )
    rests = active().when(suspend, GIVER_HEAD, china(4, 1)).then(GrantSuspended)
    rests.when(report(date(2026, 4, 2)), METER, china(4, 3)).refused(Conflict, "it is suspended")
    rests.when(report(date(2026, 3, 31)), METER, china(4, 3)).then(*FIRST)
    resume = ResumeGrant(grant_id=GRANT, rectification="已修复")
    again = rests.when(resume, GIVER_HEAD, china(4, 10)).then(GrantResumed)
    again.when(report(date(2026, 4, 5)), METER, china(4, 11)).refused(Conflict, "2026-04-05")
    again.when(report(date(2026, 4, 11)), METER, china(4, 11)).then(UsageRecorded)


def test_a_report_may_come_after_the_end_for_a_day_before_it() -> None:
    last = date(2026, 12, 31)
    expire = ExpireGrant(grant_id=GRANT)
    over = active().when(expire, TIME, after(last)).then(GrantExpired, CatalogUseClosed)
    over.when(report(last), METER, after(last, 2)).then(*FIRST)
    over.when(report(date(2027, 1, 1)), METER, after(last, 3)).refused(Conflict, "expired")


@pytest.mark.parametrize("speaker", [METER, GIVER_ADAPTER, who("tax", Role.ADAPTER)])
def test_meter_and_adapters_of_both_sides_report(speaker: Any) -> None:
    active().when(report(DAY), speaker, china(3, 21)).then(*FIRST)


def test_nobody_else_reports() -> None:
    for speaker in (ASKER_HEAD, GIVER_HEAD, who("market", Role.ADAPTER)):
        active().when(report(DAY), speaker, china(3, 21)).refused(Forbidden)


def test_the_requesters_own_record_is_kept_three_years() -> None:
    event = one(used(), FILE, ASKER, china(3, 25), UsageRegisterEntryFiled)
    assert event.retained_until == date(2029, 3, 25)
    longer = FILE.model_copy(update={"retained_until": date(2031, 1, 1)})
    event = one(used(), longer, ASKER_HEAD, china(3, 25), UsageRegisterEntryFiled)
    assert event.retained_until == date(2031, 1, 1)


def test_no_record_is_kept_shorter() -> None:
    short = FILE.model_copy(update={"retained_until": date(2029, 3, 24)})
    used().when(short, ASKER, china(3, 25)).refused(Invalid, "at least 3 years")


def test_a_record_of_29_february_is_kept_to_1_march() -> None:
    at = datetime.fromisoformat("2028-02-29T04:00:00+00:00")
    assert one(used(), FILE, ASKER, at, UsageRegisterEntryFiled).retained_until == date(2031, 3, 1)


def test_nothing_is_accounted_for_before_the_data_came() -> None:
    agreed().when(FILE, ASKER, china(3, 12)).refused(Conflict, "not provided yet")
    agreed().when(LINK, ASKER, china(3, 12)).refused(Conflict, "not provided yet")


def test_the_provider_does_not_write_the_requesters_record() -> None:
    used().when(FILE, GIVER_HEAD, china(3, 25)).refused(Forbidden)
    used().when(LINK, GIVER_HEAD, china(3, 25)).refused(Forbidden)


def test_a_service_item_is_linked_once() -> None:
    world = active().when(LINK, ASKER, china(3, 25)).then(ServiceItemLinked)
    world.when(LINK, ASKER, china(3, 25)).refused(Conflict, "linked already")


def test_strange_use_is_recorded_and_changes_no_right() -> None:
    strange = DetectAnomalousUse(
        grant_id=GRANT, anomaly=Anomaly.OUTSIDE_ITEMS, day=DAY, detail="调用住址", items=("住址",)
    )
    for speaker in (METER, GIVER_HEAD, SUPERVISOR):
        world = active().when(strange, speaker, china(3, 21)).then(AnomalousUseDetected)
        world.when(report(DAY), METER, china(3, 21)).then(*FIRST)
    active().when(strange, ASKER_HEAD, china(3, 21)).refused(Forbidden)
    active().when(strange, METER, china(3, 19)).refused(Invalid, "still to come")
