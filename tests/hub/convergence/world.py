"""A published monthly entry of the civil department, and its table as it comes to serve."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from hub.actor import Actor, Role, Speaker, Via
from hub.catalog.content import EntryContent, Item
from hub.catalog.entry import use_id
from hub.catalog.events import (
    CatalogEntryDrafted,
    CatalogEntryPublished,
    CatalogEntryWithdrawn,
    CatalogUseOpened,
)
from hub.catalog.kinds import ItemType, ShareMethod, ShareType, UpdateCycle
from hub.convergence.commands import (
    ActivateResource,
    CheckResult,
    DeliverBatch,
    MountResource,
    TestResource,
    Verification,
)
from hub.convergence.events import ResourceActivated, ResourceMounted, ResourceTested
from hub.convergence.kinds import CheckRule
from tests.hub.departments.city import CITY, org, who
from tests.hub.kit import Given, given

if TYPE_CHECKING:
    from hub.command import Command
    from hub.event import Event

ENTRY = "catalog.entry:births"
TABLE = "convergence.resource:births-table"
GRANT = "sharing.grant:tax-births"
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""Monday 2 March 2026, ten in the morning in China."""

CATALOGUER = who("civil", Role.CATALOGUER)
SHARING_HEAD = who("civil", Role.SHARING_HEAD)
ADAPTER = who("civil", Role.ADAPTER)
SUPERVISOR = who("city", Role.AUTHORITY_SUPERVISOR)
MACHINE = Speaker("hub", "lake", Via.ADAPTER, standing=Role.OPERATOR)
_BY = Actor(org("civil"), "civil.cataloguer", Role.CATALOGUER, Via.API)


def content(
    cycle: UpdateCycle = UpdateCycle.MONTHLY,
    share_type: ShareType = ShareType.UNCONDITIONAL,
    *items: str,
) -> EntryContent:
    return EntryContent(
        title="出生登记",
        catalog_code="3070120001/000123",
        items=tuple(
            Item(name=name, data_type=ItemType.CHARACTER) for name in (items or ("证号", "日期"))
        ),
        share_type=share_type,
        share_methods=(ShareMethod.TABLE, ShareMethod.FILE, ShareMethod.INTERFACE),
        update_cycle=cycle,
    )


def entry(text: EntryContent | None = None) -> tuple[Event, ...]:
    """The city, and the entry in force."""
    text = text or content()
    us = org("civil")
    return (
        *CITY,
        CatalogEntryDrafted(at=START, by=_BY, content=text, entry_id=ENTRY, provider_id=us),
        CatalogEntryPublished(
            at=START, by=_BY, version=1, content=text, entry_id=ENTRY, provider_id=us
        ),
    )


def mount(kind: ShareMethod = ShareMethod.TABLE, items: tuple[str, ...] = ()) -> MountResource:
    return MountResource(
        resource_id=TABLE, entry_id=ENTRY, kind=kind, title="出生登记表", items=items
    )


def serving(
    text: EntryContent | None = None,
    kind: ShareMethod = ShareMethod.TABLE,
    at: datetime = START,
) -> Given:
    """The table of the entry, in service since `at`."""
    return (
        given(*entry(text))
        .when(mount(kind), CATALOGUER, at)
        .then(ResourceMounted)
        .when(TestResource(resource_id=TABLE, ok=True), ADAPTER, at)
        .then(ResourceTested)
        .when(ActivateResource(resource_id=TABLE), SHARING_HEAD, at)
        .then(ResourceActivated)
    )


def grant_on_entry() -> CatalogUseOpened:
    """A grant of the tax department that stands on the entry."""
    return CatalogUseOpened(
        at=START,
        by=_BY,
        use_id=use_id(ENTRY),
        entry_id=ENTRY,
        provider_id=org("civil"),
        grant_id=GRANT,
    )


def withdrawn() -> CatalogEntryWithdrawn:
    """The entry is out of force."""
    us = org("civil")
    return CatalogEntryWithdrawn(
        at=START, by=_BY, entry_id=ENTRY, provider_id=us, version=1, reason="职责取消"
    )


def sha(letter: str) -> str:
    return f"sha256:{letter * 64}"


def found(rows: int = 10, failed: int = 0, letter: str = "a", size: int = 400) -> Verification:
    """What the edge found in a payload: `failed` rows have a value of the wrong type."""
    return Verification(
        rows=rows,
        bytes=size,
        sha256=sha(letter),
        checks=(CheckResult(rule=CheckRule.TYPE, checked=rows, failed=failed),),
    )


def deliver(
    period: str = "2026-03",
    letter: str = "a",
    verification: Verification | None = None,
    supersedes: str | None = None,
) -> DeliverBatch:
    return DeliverBatch(
        resource_id=TABLE,
        period=period,
        rows=10,
        bytes=400,
        sha256=sha(letter),
        file_name="births.csv",
        content_type="text/csv",
        verification=verification,
        supersedes=supersedes,
    )


def event_of(world: Given, command: Command, by: Speaker, at: datetime, kind: type) -> Event:
    """The one event of a kind that a command makes."""
    (event,) = (e for e in world.when(command, by, at).events() if isinstance(e, kind))
    return event


def noon(month: int, day: int, year: int = 2026) -> datetime:
    return datetime.combine(date(year, month, day), datetime.min.time(), UTC).replace(hour=4)
