"""One published entry of civil affairs with a resource, on top of the small city."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.actor import Actor, Role, Via
from hub.catalog.content import EntryContent, Item
from hub.catalog.events import CatalogEntryDrafted, CatalogEntryPublished
from hub.catalog.kinds import ShareMethod, ShareType
from hub.convergence.events import ResourceMounted
from tests.hub.departments.city import CITY, org

if TYPE_CHECKING:
    from hub.event import Event

BEFORE = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
ENTRY = "catalog.entry:marriages"
OTHER_ENTRY = "catalog.entry:other"
RESOURCE = "convergence.resource:marriages-table"
CIVIL = Actor(org("civil"), "civil.cataloguer", Role.CATALOGUER, Via.API)
CONTENT = EntryContent(
    title="婚姻登记信息",
    catalog_code="3070120001/000001",
    items=(Item(name="姓名"), Item(name="登记日期")),
    share_type=ShareType.CONDITIONAL,
)


def entry(entry_id: str = ENTRY, provider: str = "civil") -> tuple[Event, ...]:
    return (
        CatalogEntryDrafted(
            at=BEFORE, by=CIVIL, entry_id=entry_id, provider_id=org(provider), content=CONTENT
        ),
        CatalogEntryPublished(
            at=BEFORE,
            by=CIVIL,
            entry_id=entry_id,
            provider_id=org(provider),
            version=1,
            content=CONTENT,
        ),
    )


WORLD: tuple[Event, ...] = (
    *CITY,
    *entry(),
    ResourceMounted(
        at=BEFORE,
        by=CIVIL,
        resource_id=RESOURCE,
        entry_id=ENTRY,
        provider_id=org("civil"),
        kind=ShareMethod.TABLE,
        title="婚姻登记库表",
        locator="marriages",
        items=("姓名", "登记日期"),
    ),
)
