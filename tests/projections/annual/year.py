"""A made-up year: requests to civil affairs with every outcome, an entry, use, feedback."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.actor import Actor, Role, Via
from hub.catalog.content import EntryContent, NotSharedGround
from hub.catalog.events import (
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntryWithdrawn,
)
from hub.catalog.kinds import Grade, ShareMethod, ShareType
from hub.departments.due import Due, Duty
from hub.sharing.events import (
    ReplyOverdue,
    RequestAgreed,
    RequestDeclined,
    RequestReceived,
    RequestWithdrawn,
    SupplementRequested,
)
from hub.sharing.grant_events import GrantIssued, UsageRecorded
from hub.sharing.kinds import AgreedVia, DeclineReason
from tests.hub.departments.city import org

if TYPE_CHECKING:
    from hub.event import Event

SPRING = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LAST_DAY = date(2026, 3, 16)
CLERK = Actor(org("civil"), "civil.sharing_head", Role.SHARING_HEAD, Via.API)


def ids(number: int | str, **more: Any) -> dict[str, Any]:
    return {
        "at": SPRING,
        "by": CLERK,
        "request_id": f"sharing.request:{number}",
        "entry_id": "catalog.entry:marriages",
        "requester_id": org("tax"),
        "provider_id": org("civil"),
        **more,
    }


def term(duty: Duty, on: date, owner: str = "civil") -> Due:
    ends_at = datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
    return Due(duty, "D-05", org(owner), on - timedelta(days=14), on, ends_at, 0)


def received(number: int | str, on: date = LAST_DAY, at: datetime = SPRING) -> RequestReceived:
    return RequestReceived(
        **ids(number, at=at),
        share_type=ShareType.CONDITIONAL,
        entry_version=1,
        due=term(Duty.REPLY, on),
    )


def agreed(number: int | str, at: datetime, took: int = 5) -> RequestAgreed:
    return RequestAgreed(
        **ids(number, at=at),
        grant_id=f"sharing.grant:{number}",
        via=AgreedVia.REVIEW,
        signed_by="civil.sharing_head",
        took_days=took,
        due=term(Duty.PROVIDE, date(2026, 4, 30)),
    )


def declined(number: int | str, at: datetime) -> RequestDeclined:
    return RequestDeclined(
        **ids(number, at=at),
        reason_code=DeclineReason.EXCEEDS_NEED,
        reason="超出履职需要",
        took_days=7,
    )


def withdrawn(number: int | str, at: datetime) -> RequestWithdrawn:
    return RequestWithdrawn(**ids(number, at=at), reason="不再需要")


def supplement(number: int | str, at: datetime) -> SupplementRequested:
    return SupplementRequested(**ids(number, at=at), missing=("说明",))


def overdue(number: int | str, on: date = LAST_DAY) -> ReplyOverdue:
    at = datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
    return ReplyOverdue(**ids(number, at=at), due_on=on)


def k9() -> list[Event]:
    """40 received, 3 withdrawn, 2 not yet due, 30 in term, 5 late (DOMAIN §3.6)."""
    last_hour = datetime(2026, 3, 16, 15, 59, tzinfo=UTC)
    events: list[Event] = [received(number) for number in range(38)]
    events += [received(38, date(2027, 1, 8)), received(39, date(2027, 1, 8))]
    events += [agreed(number, SPRING + DAY) for number in range(20)]
    events += [declined(number, last_hour) for number in range(20, 30)]
    events += [withdrawn(number, SPRING + 2 * DAY) for number in range(30, 33)]
    # Late: answered after the overdue event, never answered, answered before anybody noticed.
    events += [overdue(33), agreed(33, SPRING + 20 * DAY), overdue(34), overdue(35)]
    events += [declined(36, SPRING + 15 * DAY), agreed(37, SPRING + 16 * DAY), overdue(37)]
    return events


def published(
    key: str, share: ShareType, version: int = 1, at: datetime = SPRING, title: str = ""
) -> CatalogEntryPublished:
    ground = None
    if share is ShareType.NOT_SHARED:
        ground = NotSharedGround(
            reason="统计原始资料",
            legal_basis_id="departments.legal_basis:law",
            article="第二十五条",
        )
    return CatalogEntryPublished(
        at=at,
        by=CLERK,
        entry_id=f"catalog.entry:{key}",
        provider_id=org("civil"),
        version=version,
        content=EntryContent(
            title=title or key, share_type=share, grade=Grade.GENERAL, not_shared=ground
        ),
    )


def gone(key: str, at: datetime, version: int = 1) -> CatalogEntryWithdrawn:
    return CatalogEntryWithdrawn(
        at=at,
        by=CLERK,
        entry_id=f"catalog.entry:{key}",
        provider_id=org("civil"),
        version=version,
        reason="职责取消",
    )


def returned(key: str, reason: str) -> CatalogEntryReturned:
    return CatalogEntryReturned(
        at=SPRING,
        by=CLERK,
        entry_id=f"catalog.entry:{key}",
        provider_id=org("civil"),
        reason=reason,
    )


def issued(number: int | str, *methods: ShareMethod) -> GrantIssued:
    return GrantIssued(
        **ids(number, grant_id=f"sharing.grant:{number}"),
        items=("姓名",),
        methods=methods,
        systems=("tax",),
        valid_from=date(2026, 3, 2),
        valid_to=date(2026, 12, 31),
        due=term(Duty.GRANT_END, date(2026, 12, 31), "tax"),
        service_item="结婚登记",
    )


def used(number: int | str, day: date, calls: int, failed: int = 0) -> UsageRecorded:
    return UsageRecorded(
        **ids(
            number,
            grant_id=f"sharing.grant:{number}",
            at=datetime(day.year, day.month, day.day, 17, tzinfo=UTC),
        ),
        usage_id=f"sharing.usage:{number}",
        day=day,
        sequence=1,
        calls=calls,
        rows=calls * 2,
        bytes=calls * 100,
        ok=calls - failed,
        failed=failed,
        systems=("tax",),
        items=("姓名",),
        log_hash="sha256:" + "f" * 64,
    )
