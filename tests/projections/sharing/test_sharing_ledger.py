"""The sharing ledger and the use register, built from what the rules really make."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hub.catalog.kinds import ShareMethod
from hub.sharing.grant_commands import (
    ConfirmDisposal,
    DetectAnomalousUse,
    ExpireGrant,
    ExtendGrantScope,
    FileUsageEntry,
    LinkServiceItem,
    RecordDisposalOverdue,
    RelinquishGrant,
    RequireDisposal,
    ResumeGrant,
    SuspendGrant,
    TerminateGrant,
)
from hub.sharing.kinds import (
    Anomaly,
    DisposalMethod,
    EndCause,
    GrantStatus,
    RectificationFailure,
    SuspensionReason,
)
from projections.sharing_ledger import SHARING_LEDGER, grant, grants
from projections.use_register import USE_REGISTER, UseKind, days_of_use, register
from tests.hub.departments.city import LAW, org
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    METER,
    MONDAY,
    OPEN,
    REQUEST,
    SUPERVISOR,
    TIME,
    after,
    agree,
    china,
    fulfil,
    report,
)
from tests.projections.sharing.test_request_board import asked

if TYPE_CHECKING:
    from projections.sharing_ledger import LedgerRow
    from tests.projections.feedback.play import Play
    from tests.projections.kit import Given

DAY = date(2026, 3, 20)


def granted() -> Play:
    play = asked(service_item="汇算清缴")
    play.does(agree(conditions=("加密存储",)), GIVER_HEAD, china(3, 9))
    return play.does(fulfil(), GIVER_ADAPTER, china(3, 10))


def suspended() -> Play:
    suspend = SuspendGrant(
        grant_id=GRANT,
        reason_code=SuspensionReason.SCOPE_EXCEEDED,
        reason="超范围使用",
        rectify_by=date(2026, 4, 30),
    )
    return granted().does(suspend, SUPERVISOR, china(4, 1))


def shown(given: Given, play: Play) -> LedgerRow:
    row = grant(given(*play.events).shown_by(SHARING_LEDGER), GRANT)
    assert row is not None
    return row


def test_a_grant_shows_basis_scope_and_period(given: Given) -> None:
    row = shown(given, granted())
    assert (row.status, row.legal_basis_id, row.article) == (GrantStatus.ACTIVE, LAW, "第五条")
    assert (row.items, row.methods) == (
        ("姓名", "证号"),
        (ShareMethod.TABLE, ShareMethod.INTERFACE),
    )
    assert (row.systems, row.service_items, row.conditions) == (
        ("golden-tax",),
        ("汇算清缴",),
        ("加密存储",),
    )
    assert (row.valid_from, row.valid_to) == (date(2026, 3, 9), date(2026, 12, 31))
    assert grant(given.connection, "sharing.grant:none") is None


def test_use_is_summed_in_whatever_order_it_is_reported(given: Given) -> None:
    play = granted().does(report(DAY), METER, china(4, 1))
    play.does(report(date(2026, 3, 12), ok=10, failed=0), METER, china(4, 1))
    row = shown(given, play)
    assert (row.reports, row.calls, row.ok, row.failed) == (2, 20, 19, 1)
    assert (row.rows, row.bytes) == (200, 8000)
    assert (row.first_used_on, row.last_used_on) == (DAY, DAY)


def test_a_wider_scope_and_a_service_are_shown(given: Given) -> None:
    play = granted().does(
        ExtendGrantScope(
            grant_id=GRANT, reason="续期", systems=("tax-app",), valid_to=date(2027, 1, 31)
        ),
        GIVER_HEAD,
        china(4, 1),
    )
    play.does(LinkServiceItem(grant_id=GRANT, service_item="退税"), ASKER, china(4, 1))
    row = shown(given, play)
    assert (row.systems, row.valid_to) == (("golden-tax", "tax-app"), date(2027, 1, 31))
    assert row.service_items == ("汇算清缴", "退税")


def test_suspension_shows_its_reason_until_rectified(given: Given) -> None:
    play = suspended()
    row = shown(given, play)
    assert (row.status, row.suspension, row.rectify_by) == (
        GrantStatus.SUSPENDED,
        SuspensionReason.SCOPE_EXCEEDED,
        date(2026, 4, 30),
    )
    count = len(play.events)
    play.does(ResumeGrant(grant_id=GRANT, rectification="已停用"), SUPERVISOR, china(4, 8))
    again = grant(given(*play.events[count:]).shown_by(SHARING_LEDGER), GRANT)
    assert again is not None
    assert (again.status, again.suspension, again.reason) == (GrantStatus.ACTIVE, None, "")


def test_a_terminated_grant_keeps_why(given: Given) -> None:
    play = suspended().does(
        TerminateGrant(grant_id=GRANT, failure=RectificationFailure.REFUSED, reason="拒不整改"),
        SUPERVISOR,
        china(4, 8),
    )
    row = shown(given, play)
    assert (row.status, row.reason, row.suspension) == (
        GrantStatus.TERMINATED,
        "拒不整改",
        SuspensionReason.SCOPE_EXCEEDED,
    )


def test_end_and_disposal_are_shown(given: Given) -> None:
    play = granted().does(
        RelinquishGrant(grant_id=GRANT, cause=EndCause.PURPOSE_REACHED, reason="已完成"),
        ASKER_HEAD,
        china(4, 1),
    )
    play.does(RequireDisposal(grant_id=GRANT, manner="销毁"), GIVER_HEAD, china(4, 1))
    row = shown(given, play)
    assert (row.status, row.end_cause, row.disposal_due_on) == (
        GrantStatus.DISPOSING,
        EndCause.PURPOSE_REACHED,
        date(2026, 4, 16),
    )
    count = len(play.events)
    play.does(RecordDisposalOverdue(grant_id=GRANT), TIME, after(date(2026, 4, 16)))
    play.does(
        ConfirmDisposal(
            grant_id=GRANT,
            method=DisposalMethod.DESTROYED,
            proof="销毁记录",
            disposed_on=date(2026, 4, 20),
        ),
        ASKER_HEAD,
        china(4, 20),
    )
    closed = grant(given(*play.events[count:]).shown_by(SHARING_LEDGER), GRANT)
    assert closed is not None
    assert (closed.status, closed.disposal_overdue, closed.disposed_on) == (
        GrantStatus.CLOSED,
        True,
        date(2026, 4, 20),
    )
    assert closed.disposal_method is DisposalMethod.DESTROYED


def test_an_expired_grant_says_when(given: Given) -> None:
    last = date(2026, 12, 31)
    row = shown(given, granted().does(ExpireGrant(grant_id=GRANT), TIME, after(last)))
    assert (row.status, row.ended_at) == (GrantStatus.EXPIRED, after(last))


def test_the_ledger_lists_the_newest_first_and_pages(given: Given) -> None:
    play = granted()
    for number in (1, 2):
        request_id = f"sharing.request:more{number}"
        at = MONDAY + timedelta(days=7 + number)
        asked(request_id, at, play)
        play.does(agree().model_copy(update={"request_id": request_id}), GIVER_HEAD, at)
    connection = given(*play.events).shown_by(SHARING_LEDGER)
    first = grants(connection, limit=2)
    assert [row.grant_id[-1] for row in first] == ["2", "1"]
    last = (first[-1].issued_at, first[-1].grant_id)
    assert [row.request_id for row in grants(connection, after=last)] == [REQUEST]
    assert len(grants(connection, status=GrantStatus.ISSUED)) == 2
    assert len(grants(connection, entry_id=LIMITED, provider_id=org("civil"))) == 3
    assert grants(connection, entry_id=OPEN) == []
    assert grants(connection, requester_id=org("civil")) == []


def test_every_use_has_its_line_for_good(given: Given) -> None:
    play = granted().does(report(DAY), METER, china(3, 21))
    play.does(
        FileUsageEntry(
            grant_id=GRANT, scenario="核验", process="接口", effect="少交材料", storage="不落地"
        ),
        ASKER,
        china(3, 25),
    )
    play.does(
        LinkServiceItem(grant_id=GRANT, service_item="退税", channel="湘易办"), ASKER, china(3, 25)
    )
    play.does(
        DetectAnomalousUse(
            grant_id=GRANT,
            anomaly=Anomaly.UNUSUAL_VOLUME,
            day=DAY,
            detail="十倍于平日",
            calls=9999,
        ),
        METER,
        china(3, 26),
    )
    connection = given(*play.events).shown_by(USE_REGISTER)
    lines = register(connection, grant_id=GRANT)
    assert [line.kind for line in lines] == list(UseKind)
    metered, filed, linked, strange = lines
    assert (metered.calls, metered.day, metered.person_id) == (10, DAY, "meter")
    assert (filed.retained_until, filed.storage) == (date(2029, 3, 25), "不落地")
    assert (linked.service_item, linked.channel) == ("退税", "湘易办")
    assert (strange.anomaly, strange.calls) == (Anomaly.UNUSUAL_VOLUME, 9999)
    assert register(connection, kind=UseKind.ANOMALY) == [strange]
    assert register(connection, department_id=org("civil"), after=metered.position) == lines[1:]
    assert register(connection, department_id=org("market")) == []


def test_days_of_use_sum_the_meter_alone(given: Given) -> None:
    play = (
        granted().does(report(DAY), METER, china(3, 25)).does(report(DAY, 2), METER, china(3, 25))
    )
    play.does(report(date(2026, 3, 22)), METER, china(3, 25))
    play.does(
        DetectAnomalousUse(
            grant_id=GRANT, anomaly=Anomaly.OUTSIDE_ITEMS, day=DAY, detail="越权", calls=5
        ),
        METER,
        china(3, 26),
    )
    connection = given(*play.events).shown_by(USE_REGISTER)
    march = (date(2026, 3, 1), date(2026, 3, 31))
    days = days_of_use(connection, *march, grant_id=GRANT)
    assert [(day.day, day.calls, day.rows) for day in days] == [
        (DAY, 20, 200),
        (date(2026, 3, 22), 10, 100),
    ]
    assert days_of_use(connection, *march, entry_id=LIMITED) == days
    assert days_of_use(connection, *march, requester_id=org("market")) == []
    assert days_of_use(connection, date(2026, 4, 1), date(2026, 4, 30)) == []
