"""目录 Catalogue: every entry as it stands, found by words, provider, class, theme, grade, state.

A line shows the version in force; of an entry never published, its working copy. What is only in
work is not for other departments: ask with `in_force=True` for them, and with `provider_id` for
the department's own drafts.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from hub.catalog.content import EntryContent, Finding, Source
from hub.catalog.events import (
    CatalogEntryApproved,
    CatalogEntryApprovedInternally,
    CatalogEntryChecked,
    CatalogEntryDrafted,
    CatalogEntryDueConfirmed,
    CatalogEntryHandedOver,
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntryRevised,
    CatalogEntrySubmitted,
    CatalogEntryWithdrawn,
    CatalogUpdateDutyRaised,
    CatalogUpdateExtended,
    ClassificationChanged,
    EntryEvent,
    ShareTypeChanged,
)
from hub.catalog.kinds import EntryStatus
from hub.departments.due import Duty
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.words import grams_of, words_of

_ABSTRACT_SEARCHED = 400
"""Characters of the abstract that are searched; titles, items, codes and themes are in full."""
_change = msgspec.structs.replace


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it stands.

    `content` is what the line shows, `working` the copy in work where it differs, `findings` and
    `reason` what the last check found and why the entry was last returned, changed or withdrawn.
    `version` is that of its stream (ETag). `tightened`: its class is to become stricter (P2).
    """

    entry_id: str
    provider_id: str
    status: EntryStatus
    in_force: bool = False
    version: int = 1
    published_version: int = 0
    catalog_code: str = ""
    class_code: str = ""
    title: str = ""
    share_type: str = ""
    grade: str = ""
    update_cycle: str = ""
    themes: tuple[str, ...] = ()
    basis_ids: tuple[str, ...] = ()
    content: EntryContent
    working: EntryContent | None = None
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    update_due_on: date | None = None
    tightened: bool = False
    source: Source | None = None
    words: str = ""
    grams: tuple[str, ...] = ()
    drafted_at: datetime
    published_at: datetime | None = None
    withdrawn_at: datetime | None = None


def keys(event: EntryEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the one line an event touches."""
    del recorded
    return ((event.entry_id,),)


def fold(
    key: Key, row: CatalogueRow | None, event: EntryEvent, recorded: Recorded
) -> CatalogueRow | None:
    """Fold one event into an entry's line."""
    del key
    if isinstance(event, CatalogEntryDrafted):
        drafted = CatalogueRow(
            entry_id=event.entry_id,
            provider_id=event.provider_id,
            status=EntryStatus.DRAFT,
            content=event.content,
            source=event.source,
            drafted_at=event.at,
        )
        return _shown(drafted, event.content)
    if row is None:
        return None
    return _change(_changed(row, event), version=recorded.version)


def _changed(row: CatalogueRow, event: EntryEvent) -> CatalogueRow:
    match event:
        case CatalogEntryRevised():
            written = _change(row, reason=event.reason, source=event.source)
            return _written(written, event.content)
        case ShareTypeChanged() | ClassificationChanged():
            return _reclassified(row, event)
        case CatalogEntryChecked():
            return _change(row, findings=event.findings)
        case CatalogEntryApprovedInternally():
            return _change(row, status=EntryStatus.INTERNAL_OK)
        case CatalogEntrySubmitted():
            return _change(row, status=EntryStatus.IN_REVIEW, findings=(), update_due_on=None)
        case CatalogEntryReturned():
            return _change(row, status=_in_work(row), reason=event.reason)
        case CatalogEntryApproved():
            return _change(row, status=EntryStatus.APPROVED)
        case CatalogEntryPublished():
            return _published(row, event)
        case CatalogUpdateDutyRaised():
            plain = row.status is EntryStatus.PUBLISHED
            status = EntryStatus.UPDATE_DUE if plain else row.status
            return _change(row, status=status, update_due_on=event.due.on)
        case CatalogUpdateExtended():
            return _change(row, update_due_on=event.due.on)
        case CatalogEntryDueConfirmed() if event.due.duty is Duty.UPDATE:
            return _change(row, update_due_on=event.due.on)
        case CatalogEntryHandedOver():
            return _handed_over(row, event)
        case CatalogEntryWithdrawn():
            return _withdrawn(row, event)
        case _:
            return row


def _in_work(row: CatalogueRow) -> EntryStatus:
    return EntryStatus.REVISING if row.in_force else EntryStatus.DRAFT


def _written(row: CatalogueRow, content: EntryContent) -> CatalogueRow:
    if row.in_force:
        return _change(row, status=EntryStatus.REVISING, working=content)
    back = _change(row, status=EntryStatus.DRAFT, withdrawn_at=None, working=None)
    return _shown(back, content)


def _reclassified(
    row: CatalogueRow, event: ShareTypeChanged | ClassificationChanged
) -> CatalogueRow:
    before = row.working or row.content
    if isinstance(event, ShareTypeChanged):
        row = _change(row, tightened=event.tightened)
        after = _change(
            before,
            share_type=event.share_type,
            share_conditions=event.share_conditions,
            not_shared=event.not_shared,
        )
    else:
        personal = event.has_personal_info
        after = _change(before, grade=event.grade, has_personal_info=personal)
    return _written(_change(row, reason=event.reason, source=None), after)


def _published(row: CatalogueRow, event: CatalogEntryPublished) -> CatalogueRow:
    now = _change(
        row,
        status=EntryStatus.UPDATE_DUE if row.update_due_on else EntryStatus.PUBLISHED,
        in_force=True,
        published_version=event.version,
        working=None,
        findings=(),
        reason="",
        tightened=False,
        source=event.source,
        published_at=event.at,
        withdrawn_at=None,
    )
    return _shown(now, event.content)


def _handed_over(row: CatalogueRow, event: CatalogEntryHandedOver) -> CatalogueRow:
    approved = row.status is EntryStatus.INTERNAL_OK
    return _change(
        row,
        provider_id=event.receiver_id,
        status=_in_work(row) if approved else row.status,
        published_version=event.version or row.published_version,
        published_at=event.at if event.version else row.published_at,
        reason=event.reason,
    )


def _withdrawn(row: CatalogueRow, event: CatalogEntryWithdrawn) -> CatalogueRow:
    return _change(
        row,
        status=EntryStatus.WITHDRAWN,
        in_force=False,
        working=None,
        reason=event.reason,
        update_due_on=None,
        withdrawn_at=event.at,
    )


def _shown(row: CatalogueRow, content: EntryContent) -> CatalogueRow:
    """Let the line show a text: its columns, and the words it is found by."""
    items = [word for item in content.items for word in (item.name, item.title)]
    searched = [content.title, content.catalog_code, *items, *content.themes, content.duty]
    searched.append(content.abstract[:_ABSTRACT_SEARCHED])
    words = [word for text in searched for word in words_of(text)]
    return _change(
        row,
        content=content,
        catalog_code=content.catalog_code,
        class_code=content.class_code,
        title=content.title,
        share_type=content.share_type or "",
        grade=content.grade or "",
        update_cycle=content.update_cycle or "",
        themes=content.themes,
        basis_ids=content.basis_ids,
        words=" ".join(dict.fromkeys(words)),
        grams=grams_of(words),
    )


CATALOGUE = Projection(
    name="catalogue",
    version=1,
    row=CatalogueRow,
    key=("entry_id",),
    reads=(EntryEvent,),
    keys=keys,
    fold=fold,
)
