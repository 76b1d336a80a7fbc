"""Three entries of the civil department, one in each class, and a tax department that asks.

`asked()` … `active()` are the same story told further and further: each returns what has happened.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.actor import CLOCK, Actor, Role, Speaker, Via
from hub.catalog.content import EntryContent, Item, NotSharedGround, ShareConditions
from hub.catalog.events import CatalogEntryDrafted, CatalogEntryPublished, CatalogUseOpened
from hub.catalog.kinds import Grade, ItemType, ShareMethod, ShareType
from hub.command import BasisRef
from hub.convergence.events import ResourceActivated, ResourceMounted, ResourceTested
from hub.departments.calendar import CHINA
from hub.sharing.commands import (
    AgreeSharingRequest,
    ApproveSharingRequestInternally,
    DeclineSharingRequest,
    DraftSharingRequest,
    FulfilSharingRequest,
    SubmitSharingRequest,
    grant_id_of,
)
from hub.sharing.events import (
    RequestAgreed,
    RequestApprovedInternally,
    RequestDrafted,
    RequestFulfilled,
    RequestReceived,
    RequestSubmitted,
)
from hub.sharing.grant_commands import RecordUsage, SuspendGrant
from hub.sharing.grant_events import GrantActivated, GrantIssued, GrantSuspended
from hub.sharing.kinds import DeclineReason, FulfilledVia, SuspensionReason
from tests.hub.departments.city import CITY, LAW, org, who
from tests.hub.kit import Given, given

if TYPE_CHECKING:
    from hub.event import Event

OPEN = "catalog.entry:open"
LIMITED = "catalog.entry:limited"
CLOSED = "catalog.entry:closed"
REQUEST = "sharing.request:r1"
GRANT = grant_id_of(REQUEST)
TABLE = "convergence.resource:limited-table"
OPEN_API = "convergence.resource:open-api"

ASKER = who("tax", Role.BUSINESS_USER)
ASKER_HEAD = who("tax", Role.SHARING_HEAD)
GIVER_HEAD = who("civil", Role.SHARING_HEAD)
GIVER_ADAPTER = who("civil", Role.ADAPTER)
REVIEWER = who("city", Role.AUTHORITY_REVIEWER)
SUPERVISOR = who("city", Role.AUTHORITY_SUPERVISOR)
METER = Speaker("hub", "meter", Via.ADAPTER, standing=Role.OPERATOR)
TIME = CLOCK
_BY = Actor(org("civil"), "civil.cataloguer", Role.CATALOGUER, Via.API)

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""Monday 2 March 2026, ten in the morning in China: the day requests arrive here."""
REPLY_ON = date(2026, 3, 16)
"""Ten working days later: the last day for the reply to a conditional request (D-05)."""


def china(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=CHINA).astimezone(UTC)


AGREED_AT = china(3, 9)
PROVIDED_AT = china(3, 10)


def happen(world: Given, *events: Event) -> None:
    """Let something happen that another chapter recorded."""
    for event in events:
        world._fold(event)  # noqa: SLF001  # the kit tells a story by commands, this is a fact


def content(share_type: ShareType, **changes: Any) -> EntryContent:
    conditional = share_type is ShareType.CONDITIONAL
    facts: dict[str, Any] = {
        "title": f"{share_type}资源",
        "catalog_code": "3070120001/000001",
        "items": (
            Item(name="姓名", data_type=ItemType.CHARACTER),
            Item(name="证号", data_type=ItemType.CHARACTER),
            Item(name="住址", maskable=True, item_share_type=ShareType.NOT_SHARED),
            Item(name="涉密", maskable=True, grade=Grade.CORE),
        ),
        "share_type": share_type,
        "share_methods": (ShareMethod.TABLE, ShareMethod.INTERFACE),
        "share_conditions": ShareConditions(
            purposes=("核验",), security_demands=("加密存储",), period_days_max=400
        )
        if conditional
        else None,
        "not_shared": NotSharedGround(reason="法律规定")
        if share_type is ShareType.NOT_SHARED
        else None,
    }
    return EntryContent(**{**facts, **changes})


def entry(entry_id: str, text: EntryContent, version: int = 1) -> tuple[Event, ...]:
    published = CatalogEntryPublished(
        at=MONDAY,
        by=_BY,
        entry_id=entry_id,
        provider_id=org("civil"),
        version=version,
        content=text,
    )
    if version > 1:
        return (published,)
    drafted = CatalogEntryDrafted(
        at=MONDAY, by=_BY, entry_id=entry_id, provider_id=org("civil"), content=text
    )
    return drafted, published


def resource(resource_id: str, entry_id: str, kind: ShareMethod) -> tuple[Event, ...]:
    facts: dict[str, Any] = {
        "at": MONDAY,
        "by": _BY,
        "resource_id": resource_id,
        "entry_id": entry_id,
        "provider_id": org("civil"),
    }
    return (
        ResourceMounted(**facts, kind=kind, title="资源", locator="x", items=()),
        ResourceTested(**facts, ok=True),
        ResourceActivated(**facts),
    )


WORLD: tuple[Event, ...] = (
    *CITY,
    *entry(OPEN, content(ShareType.UNCONDITIONAL)),
    *entry(LIMITED, content(ShareType.CONDITIONAL)),
    *entry(CLOSED, content(ShareType.NOT_SHARED)),
    *resource(TABLE, LIMITED, ShareMethod.TABLE),
    *resource(OPEN_API, OPEN, ShareMethod.INTERFACE),
)


def draft(entry_id: str = LIMITED, **changes: Any) -> DraftSharingRequest:
    facts: dict[str, Any] = {
        "request_id": REQUEST,
        "entry_id": entry_id,
        "requester_id": org("tax"),
        "basis": BasisRef(legal_basis_id=LAW, article="第五条"),
        "scenario": "核验纳税人身份",
        "items": ("姓名", "证号"),
        "methods": (ShareMethod.TABLE, ShareMethod.INTERFACE),
        "period_from": date(2026, 3, 2),
        "period_to": date(2026, 12, 31),
        "system_id": "golden-tax",
        "warranted": True,
    }
    return DraftSharingRequest(**{**facts, **changes})


def approved(
    entry_id: str = LIMITED, world: tuple[Event, ...] = WORLD, at: datetime = MONDAY, **changes: Any
) -> Given:
    """Drafted, and consented to by the head of the requester's sharing office."""
    return (
        given(*world)
        .when(draft(entry_id, **changes), ASKER, at)
        .then(RequestDrafted)
        .when(ApproveSharingRequestInternally(request_id=REQUEST), ASKER_HEAD, at)
        .then(RequestApprovedInternally)
    )


def received(
    entry_id: str = LIMITED, world: tuple[Event, ...] = WORLD, at: datetime = MONDAY, **changes: Any
) -> Given:
    """Submitted, and with the provider: its clock runs."""
    return (
        approved(entry_id, world, at, **changes)
        .when(SubmitSharingRequest(request_id=REQUEST), ASKER_HEAD, at)
        .then(RequestSubmitted, RequestReceived)
    )


def agree(**changes: Any) -> AgreeSharingRequest:
    return AgreeSharingRequest(request_id=REQUEST, **changes)


def decline(reason: DeclineReason = DeclineReason.EXCEEDS_NEED, basis: str = LAW) -> Any:
    return DeclineSharingRequest(
        request_id=REQUEST,
        reason_code=reason,
        reason="超出履职所需",
        basis=BasisRef(legal_basis_id=basis, article="第六条"),
    )


def agreed(at: datetime = AGREED_AT, **changes: Any) -> Given:
    """Agreed, with a grant that waits for the data."""
    return (
        received(**changes)
        .when(agree(), GIVER_HEAD, at)
        .then(RequestAgreed, GrantIssued, CatalogUseOpened)
    )


def fulfil(**changes: Any) -> FulfilSharingRequest:
    facts: dict[str, Any] = {
        "request_id": REQUEST,
        "via": FulfilledVia.TESTED_ACCESS,
        "resource_id": TABLE,
    }
    return FulfilSharingRequest(**{**facts, **changes})


def active(at: datetime = PROVIDED_AT, **changes: Any) -> Given:
    """Provided: the grant may be used."""
    return (
        agreed(**changes).when(fulfil(), GIVER_ADAPTER, at).then(RequestFulfilled, GrantActivated)
    )


def suspend(**changes: Any) -> SuspendGrant:
    facts: dict[str, Any] = {
        "grant_id": GRANT,
        "reason_code": SuspensionReason.SCOPE_EXCEEDED,
        "reason": "超范围使用",
        "rectify_by": date(2026, 4, 30),
    }
    return SuspendGrant(**{**facts, **changes})


def suspended(by: Speaker = GIVER_HEAD) -> Given:
    return active().when(suspend(), by, china(4, 1)).then(GrantSuspended)


def report(day: date, sequence: int = 1, **changes: Any) -> RecordUsage:
    facts: dict[str, Any] = {
        "grant_id": GRANT,
        "day": day,
        "sequence": sequence,
        "calls": 10,
        "rows": 100,
        "bytes": 4000,
        "ok": 9,
        "failed": 1,
        "systems": ("golden-tax",),
        "items": ("姓名",),
        "log_hash": f"sha256:{sequence:064x}",
    }
    return RecordUsage(**{**facts, **changes})


def after(day: date, days: int = 1) -> datetime:
    """The moment so many days after a day ended."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC) + timedelta(
        days=days
    )


def one(world: Given, command: Any, speaker: Any, at: datetime, kind: type) -> Any:
    """The one event of a kind that a command makes."""
    (event,) = (e for e in world.when(command, speaker, at).events() if isinstance(e, kind))
    return event
