"""目录导入 Taking over an existing catalogue: published where the guide allows, else a draft.

An import is a faithful copy made by the authority: its entries are published without assessments
and sign-offs of this hub (they are marked with their source), but never against the guide. An
entry with faults becomes a draft that says why; class 3 without a law-rank basis is only ever a
draft. The same text again records nothing. What a source removed may be listed again by it, as
the next version. Once a department revised an entry, the import leaves it to the department.
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.checking import STANDARD, findings_in
from hub.catalog.commands import ImportCatalogEntry, ImportCatalogRemoval
from hub.catalog.content import EntryContent, Finding
from hub.catalog.ending import require_withdrawable
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogEntryChecked,
    CatalogEntryDrafted,
    CatalogEntryPublished,
    CatalogEntryRevised,
    CatalogEntryWithdrawn,
)
from hub.catalog.kinds import EntryStatus
from hub.catalog.review import reserve
from hub.departments.calendar import local_day
from hub.departments.organization import Organization
from hub.errors import Conflict
from hub.event import Event
from hub.state import States

_TAKEN_UP = frozenset({EntryStatus.INTERNAL_OK, EntryStatus.IN_REVIEW, EntryStatus.APPROVED})
"""States in which a department has made an imported draft its own."""


def take_over(
    command: ImportCatalogEntry, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Draft or revise an entry from a catalogue and publish it where nothing forbids it."""
    states.the(Organization, command.provider_id)
    entry = states.maybe(CatalogEntry, command.entry_id)
    content = command.content.to_content()
    if entry is not None:
        _require_untouched(entry, command.provider_id)
        if entry.published == content:
            return ()
    faults = findings_in(content, command.provider_id, command.entry_id, states, local_day(at))
    written = _written(command, entry, content, by, at, faulty=bool(faults))
    if faults:
        return (*written, *_reasons(command, faults, by, at)) if written else ()
    return (*written, *_published(command, entry, content, states, by, at))


def _written(
    command: ImportCatalogEntry,
    entry: CatalogEntry | None,
    content: EntryContent,
    by: Actor,
    at: datetime,
    *,
    faulty: bool,
) -> tuple[Event, ...]:
    if entry is not None and entry.content == content:
        # What was withdrawn and comes back with faults is a draft again.
        again = faulty and entry.status is EntryStatus.WITHDRAWN
        if not again:
            return ()
    kind = CatalogEntryDrafted if entry is None else CatalogEntryRevised
    written = kind(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=command.provider_id,
        content=content,
        source=command.source.to_source(),
    )
    return (written,)


def take_over_removal(
    command: ImportCatalogRemoval, states: States, by: Actor, at: datetime
) -> tuple[CatalogEntryWithdrawn, ...]:
    """Withdraw an imported entry that its source removed; nothing to record the second time."""
    entry = states.the(CatalogEntry, command.entry_id)
    if entry.status is EntryStatus.WITHDRAWN:
        return ()
    _require_untouched(entry, entry.provider_id)
    require_withdrawable(entry, states)
    withdrawn = CatalogEntryWithdrawn(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        version=entry.published_version,
        reason=command.reason,
        source=command.source.to_source(),
    )
    return (withdrawn,)


def _require_untouched(entry: CatalogEntry, provider_id: str) -> None:
    if entry.source is None or entry.status in _TAKEN_UP:
        raise Conflict(
            f"“{entry.content.title}” is kept by its department in this hub; an import does not"
            " write over it",
            f"“{entry.content.title}”已由部门在本平台维护，导入不予覆盖",
            where=entry.entry_id,
        )
    if entry.provider_id != provider_id:
        raise Conflict(
            f"“{entry.content.title}” belongs to {entry.provider_id}; hand it over first",
            f"“{entry.content.title}”属于{entry.provider_id}，请先办理移交",
            where="provider_id",
        )


def _reasons(
    command: ImportCatalogEntry, faults: tuple[Finding, ...], by: Actor, at: datetime
) -> tuple[Event, ...]:
    checked = CatalogEntryChecked(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=command.provider_id,
        standard=STANDARD,
        errors=len(faults),
        findings=faults,
    )
    return (checked,)


def _published(
    command: ImportCatalogEntry,
    entry: CatalogEntry | None,
    content: EntryContent,
    states: States,
    by: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    text = CatalogEntry(
        entry_id=command.entry_id,
        provider_id=command.provider_id,
        status=EntryStatus.DRAFT,
        content=content,
    )
    reserved = reserve(states, text, by, at)
    published = CatalogEntryPublished(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=command.provider_id,
        version=entry.published_version + 1 if entry else 1,
        content=content,
        source=command.source.to_source(),
    )
    return (*reserved, published)
