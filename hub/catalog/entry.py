"""目录条目 Catalogue entry: its working copy, the version in force, and its running terms.

The state diagram stands in the chapter's `__init__`.
"""

from datetime import datetime
from typing import assert_never

import msgspec

from hub.catalog.code import code_id, title_id
from hub.catalog.content import EntryContent, Source
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
    CatalogReviewOverdue,
    CatalogUpdateDutyRaised,
    CatalogUpdateExtended,
    CatalogUpdateOverdue,
    ClassificationChanged,
    EntryEvents,
    RiskAssessmentAttached,
    ShareTypeChanged,
)
from hub.catalog.kinds import AssessmentKind, AssessmentOutcome, EntryStatus
from hub.departments.calendar import calendar_streams, noon
from hub.departments.due import Due, Duty
from hub.errors import Conflict
from hub.state import State, begun

_change = msgspec.structs.replace


class CatalogEntry(State, frozen=True, kw_only=True):
    """An entry as it stands.

    `content` is the working copy, `published` the version in force. `drafted_by` are all who
    wrote at the working copy since the last publication, `approved_by` the head who approved it.
    `code` is set once the catalogue code is reserved. `update_due` and `review_due` are running
    terms; `overdue` those of them already recorded as lapsed; `missed` are terms met too late
    whose lapse is not recorded yet. `source` is set while nobody but imports wrote the text.
    """

    STREAM = "catalog.entry"

    entry_id: str
    provider_id: str
    status: EntryStatus
    content: EntryContent
    published: EntryContent | None = None
    published_version: int = 0
    drafted_by: frozenset[str] = frozenset()
    approved_by: str = ""
    code: str = ""
    assessments: dict[AssessmentKind, AssessmentOutcome] = msgspec.field(default_factory=dict)
    update_due: Due | None = None
    extension_days: int | None = None
    review_due: Due | None = None
    overdue: tuple[Due, ...] = ()
    missed: tuple[Due, ...] = ()
    source: Source | None = None

    def in_force(self) -> EntryContent:
        """Return the version in force; refuse when there is none."""
        if self.published is None:
            raise Conflict(
                f"“{self.content.title}” is {self.status}: no version of it is in force",
                f"“{self.content.title}”没有生效的目录版本",
                where=self.entry_id,
            )
        return self.published

    def bears(self, title: str, provider_id: str) -> bool:
        """Say whether the entry bears a title among a provider's entries, in force or in work."""
        if self.status is EntryStatus.WITHDRAWN or self.provider_id != provider_id:
            return False
        own = title_id(self.published.title) if self.published else ""
        return title in {own, title_id(self.content.title)}

    # Streams a decision about this entry looks at; `hub.rule` follows these names as paths.

    @property
    def code_id(self) -> str:
        """Return the stream of the working copy's catalogue code."""
        return code_id(self.content.catalog_code)

    @property
    def title_id(self) -> str:
        """Return the stream of the working copy's title."""
        return title_id(self.content.title)

    @property
    def published_title_id(self) -> str:
        """Return the stream of the title in force."""
        return title_id(self.published.title) if self.published else ""

    @property
    def basis_ids(self) -> tuple[str, ...]:
        """Return the legal bases the working copy cites."""
        return self.content.basis_ids

    @property
    def use_id(self) -> str:
        """Return the stream of the register of grants on this entry."""
        return use_id(self.entry_id)

    @property
    def calendar_ids(self) -> tuple[str, ...]:
        """Return the work calendars that the running terms may touch."""
        dues = (due for due in (self.update_due, self.review_due) if due is not None)
        return tuple({s: None for due in dues for s in calendar_streams(noon(due.started_on))})


def use_id(entry_id: str) -> str:
    """Return the stream of the register of grants on an entry."""
    return f"catalog.use:{entry_id.partition(':')[2]}"


def evolve(state: CatalogEntry | None, event: EntryEvents) -> CatalogEntry:
    """Fold an entry's events."""
    if isinstance(event, CatalogEntryDrafted):
        return _drafted(event)
    state = begun(state, event)
    match event:
        case CatalogEntryRevised() | ShareTypeChanged() | ClassificationChanged():
            return _written(state, event)
        case CatalogEntryChecked():
            return state
        case RiskAssessmentAttached():
            return _change(state, assessments={**state.assessments, event.kind: event.outcome})
        case CatalogEntryApprovedInternally():
            return _change(state, status=EntryStatus.INTERNAL_OK, approved_by=event.by.person_id)
        case CatalogEntrySubmitted():
            return _submitted(state, event)
        case CatalogEntryReturned():
            stopped = _stop(state, Duty.REVIEW, event.at)
            return _change(stopped, status=_in_work(state), approved_by="")
        case CatalogEntryApproved():
            return _change(state, status=EntryStatus.APPROVED)
        case CatalogEntryPublished():
            return _published(_stop(state, Duty.REVIEW, event.at), event)
        case CatalogUpdateDutyRaised() | CatalogUpdateExtended() | CatalogEntryDueConfirmed():
            return _timed(state, event)
        case CatalogUpdateOverdue() | CatalogReviewOverdue():
            return _lapsed(state, event.missed)
        case CatalogEntryHandedOver():
            return _handed_over(state, event)
        case CatalogEntryWithdrawn():
            return _withdrawn(state, event)
        case _:
            assert_never(event)


def _drafted(event: CatalogEntryDrafted) -> CatalogEntry:
    return CatalogEntry(
        entry_id=event.entry_id,
        provider_id=event.provider_id,
        status=EntryStatus.DRAFT,
        content=event.content,
        drafted_by=frozenset({event.by.person_id}),
        source=event.source,
    )


def _in_work(state: CatalogEntry) -> EntryStatus:
    return EntryStatus.DRAFT if state.published is None else EntryStatus.REVISING


def _written(
    state: CatalogEntry, event: CatalogEntryRevised | ShareTypeChanged | ClassificationChanged
) -> CatalogEntry:
    before, after = state.content, _text(state.content, event)
    same_data = (before.items, before.has_personal_info) == (after.items, after.has_personal_info)
    return _change(
        state,
        status=_in_work(state),
        content=after,
        drafted_by=state.drafted_by | {event.by.person_id},
        approved_by="",
        # An assessment is of the data: other items need another one.
        assessments=state.assessments if same_data else {},
        source=event.source if isinstance(event, CatalogEntryRevised) else None,
    )


def _text(
    before: EntryContent, event: CatalogEntryRevised | ShareTypeChanged | ClassificationChanged
) -> EntryContent:
    match event:
        case CatalogEntryRevised():
            return event.content
        case ShareTypeChanged():
            return _change(
                before,
                share_type=event.share_type,
                share_conditions=event.share_conditions,
                not_shared=event.not_shared,
            )
        case ClassificationChanged():
            personal = event.has_personal_info
            return _change(before, grade=event.grade, has_personal_info=personal)
        case _:
            assert_never(event)


def _submitted(state: CatalogEntry, event: CatalogEntrySubmitted) -> CatalogEntry:
    return _change(
        _stop(state, Duty.UPDATE, event.at),
        status=EntryStatus.IN_REVIEW,
        code=state.content.catalog_code,
        review_due=event.due,
    )


def _published(state: CatalogEntry, event: CatalogEntryPublished) -> CatalogEntry:
    due = state.update_due is not None
    return _change(
        state,
        status=EntryStatus.UPDATE_DUE if due else EntryStatus.PUBLISHED,
        content=event.content,
        published=event.content,
        published_version=event.version,
        code=event.content.catalog_code,
        drafted_by=frozenset(),
        approved_by="",
        source=event.source,
    )


def _handed_over(state: CatalogEntry, event: CatalogEntryHandedOver) -> CatalogEntry:
    approved = state.status is EntryStatus.INTERNAL_OK
    return _change(
        state,
        provider_id=event.receiver_id,
        # The head who approved is no longer the entry's head.
        status=_in_work(state) if approved else state.status,
        approved_by="",
        published_version=event.version or state.published_version,
        update_due=event.due or state.update_due,
    )


def _withdrawn(state: CatalogEntry, event: CatalogEntryWithdrawn) -> CatalogEntry:
    ended = _stop(_stop(state, Duty.UPDATE, event.at), Duty.REVIEW, event.at)
    # What the source of an import removed, it alone may list again.
    return _change(ended, status=EntryStatus.WITHDRAWN, published=None, source=event.source)


def _timed(
    state: CatalogEntry,
    event: CatalogUpdateDutyRaised | CatalogUpdateExtended | CatalogEntryDueConfirmed,
) -> CatalogEntry:
    match event:
        case CatalogUpdateDutyRaised():
            plain = state.status is EntryStatus.PUBLISHED
            status = EntryStatus.UPDATE_DUE if plain else state.status
            return _change(state, status=status, update_due=event.due, extension_days=None)
        case CatalogUpdateExtended():
            return _change(state, update_due=event.due, extension_days=event.days)
        case CatalogEntryDueConfirmed():
            if event.due.duty is Duty.UPDATE:
                return _change(state, update_due=event.due)
            return _change(state, review_due=event.due)
        case _:
            assert_never(event)


def _stop(state: CatalogEntry, duty: Duty, at: datetime) -> CatalogEntry:
    """End a running term; one met too late and not yet recorded is kept for the clock."""
    due = state.update_due if duty is Duty.UPDATE else state.review_due
    if due is None:
        return state
    late = not due.provisional and at >= due.ends_at and due not in state.overdue
    ended = _change(
        state,
        missed=(*state.missed, due) if late else state.missed,
        overdue=tuple(d for d in state.overdue if d != due),
    )
    if duty is Duty.UPDATE:
        return _change(ended, update_due=None, extension_days=None)
    return _change(ended, review_due=None)


def _lapsed(state: CatalogEntry, due: Due) -> CatalogEntry:
    if due in state.missed:
        return _change(state, missed=tuple(d for d in state.missed if d != due))
    return _change(state, overdue=(*state.overdue, due))
