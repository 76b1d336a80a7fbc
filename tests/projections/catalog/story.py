"""The catalogue's stories, told by commands; their events then go into a real record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    ImportCatalogEntry,
    ImportCatalogRemoval,
    PublishCatalogEntry,
    ReviseCatalogEntry,
    SourceForm,
    SubmitCatalogEntry,
)
from tests.hub.catalog.world import (
    CATALOGUER,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    NOON,
    REVIEWER,
    SECURITY,
    attach,
    draft,
    form,
    org,
)
from tests.hub.kit import given as having

if TYPE_CHECKING:
    from datetime import datetime

    from hub.actor import Speaker
    from hub.command import Command
    from hub.event import Event

SOURCE = SourceForm(name="旧平台目录", sha256="sha256:" + "a" * 64, external_id="urn:1")


class Story:
    """What happened in the city so far, in `events`."""

    def __init__(self) -> None:
        self.world = having(*FOUNDED_CITY)
        self.events: list[Event] = list(FOUNDED_CITY)

    def do(self, command: Command, by: Speaker, at: datetime = NOON) -> Story:
        """Let somebody do something; it must succeed."""
        outcome = self.world.when(command, by, at)
        made = outcome.events()
        outcome.then(*(type(event) for event in made))
        self.events += made
        return self

    def happened(self, *events: Event) -> Story:
        """Let something happen that no command of the story asks for."""
        self.world = having(*self.events, *events)
        self.events += events
        return self

    def drafted(self, entry_id: str = ENTRY, at: datetime = NOON, **changes: Any) -> Story:
        return self.do(draft(entry_id, **changes), CATALOGUER, at)

    def revised(self, entry_id: str = ENTRY, at: datetime = NOON, **changes: Any) -> Story:
        return self.do(
            ReviseCatalogEntry(entry_id=entry_id, content=form(**changes)), CATALOGUER, at
        )

    def to_authority(self, entry_id: str = ENTRY, at: datetime = NOON) -> Story:
        """From the department's work to submission."""
        self.do(attach(entry_id, at=at), SECURITY, at)
        self.do(ApproveCatalogEntryInternally(entry_id=entry_id), HEAD, at)
        return self.do(SubmitCatalogEntry(entry_id=entry_id), CATALOGUER, at)

    def through_review(self, entry_id: str = ENTRY, at: datetime = NOON) -> Story:
        """From the department's work to publication."""
        self.to_authority(entry_id, at)
        self.do(ApproveCatalogEntry(entry_id=entry_id), REVIEWER, at)
        return self.do(PublishCatalogEntry(entry_id=entry_id), REVIEWER, at)

    def imported(self, entry_id: str, at: datetime = NOON, **changes: Any) -> Story:
        """Take an entry over from an existing catalogue."""
        return self.do(
            ImportCatalogEntry(
                entry_id=entry_id, provider_id=org("civil"), content=form(**changes), source=SOURCE
            ),
            REVIEWER,
            at,
        )

    def removed(self, entry_id: str, at: datetime = NOON) -> Story:
        """Take over that the existing catalogue no longer has it."""
        command = ImportCatalogRemoval(entry_id=entry_id, source=SOURCE, reason="来源已删除")
        return self.do(command, REVIEWER, at)
