"""What happens to catalogue entries, their codes and titles, and releases (Decree 809 §12–17)."""

from datetime import date
from typing import get_args

from hub.catalog.content import EntryContent, Finding, NotSharedGround, ShareConditions, Source
from hub.catalog.kinds import AssessmentKind, AssessmentOutcome, Grade, ShareType
from hub.codec import register
from hub.departments.due import Due, Duty
from hub.event import Event


class EntryEvent(Event, frozen=True, kw_only=True):
    """An event of one catalogue entry; `provider_id` is the department answerable for it."""

    STREAM = "entry_id"

    entry_id: str
    provider_id: str


class CatalogEntryDrafted(EntryEvent, frozen=True, kw_only=True):
    """A department began an entry; from an import it carries the source."""

    TOPIC = "catalog.entry.drafted"

    content: EntryContent
    source: Source | None = None


class CatalogEntryRevised(EntryEvent, frozen=True, kw_only=True):
    """The working copy changed; a version in force stays in force."""

    TOPIC = "catalog.entry.revised"

    content: EntryContent
    reason: str = ""
    source: Source | None = None


class ShareTypeChanged(EntryEvent, frozen=True, kw_only=True):
    """The class of sharing is to change; `tightened` warns of a self-made obstacle (P2)."""

    TOPIC = "catalog.entry.share_type_changed"

    before: ShareType | None
    share_type: ShareType
    share_conditions: ShareConditions | None = None
    not_shared: NotSharedGround | None = None
    tightened: bool
    reason: str


class ClassificationChanged(EntryEvent, frozen=True, kw_only=True):
    """The grade of the data is to change."""

    TOPIC = "catalog.entry.classification_changed"

    before: Grade | None
    grade: Grade
    has_personal_info: bool | None
    reason: str


class CatalogEntryChecked(EntryEvent, frozen=True, kw_only=True):
    """The machine check against the compiling guide: how many errors, and which."""

    TOPIC = "catalog.entry.checked"

    standard: str
    errors: int
    findings: tuple[Finding, ...] = ()


class RiskAssessmentAttached(EntryEvent, frozen=True, kw_only=True):
    """An assessment was made before approval (§13); `document` is its number, not its text."""

    TOPIC = "catalog.entry.risk_assessment_attached"

    kind: AssessmentKind
    outcome: AssessmentOutcome
    document: str
    assessed_on: date


class CatalogEntryApprovedInternally(EntryEvent, frozen=True, kw_only=True):
    """The head of the department approved the entry (§13)."""

    TOPIC = "catalog.entry.approved_internally"


class CatalogEntrySubmitted(EntryEvent, frozen=True, kw_only=True):
    """The department submitted the entry; the authority's term begins (§17)."""

    TOPIC = "catalog.entry.submitted"
    STOPS = (Duty.UPDATE,)

    due: Due


class CatalogEntryReturned(EntryEvent, frozen=True, kw_only=True):
    """The authority sent the entry back with its reason."""

    TOPIC = "catalog.entry.returned"
    STOPS = (Duty.REVIEW,)

    reason: str


class CatalogEntryApproved(EntryEvent, frozen=True, kw_only=True):
    """The authority approved the entry (§16)."""

    TOPIC = "catalog.entry.approved"


class CatalogEntryPublished(EntryEvent, frozen=True, kw_only=True):
    """This text is in force from now on, as this version."""

    TOPIC = "catalog.entry.published"
    STOPS = (Duty.REVIEW,)

    version: int
    content: EntryContent
    source: Source | None = None


class CatalogUpdateDutyRaised(EntryEvent, frozen=True, kw_only=True):
    """Law or duty changed on a day, and the entry must be updated from that day (§17)."""

    TOPIC = "catalog.entry.update_duty_raised"

    changed_on: date
    cause: str
    due: Due


class CatalogUpdateExtended(EntryEvent, frozen=True, kw_only=True):
    """The authority gave more time for the update, once, before the term ended (§17)."""

    TOPIC = "catalog.entry.update_extended"

    days: int
    reason: str
    due: Due


class CatalogUpdateOverdue(EntryEvent, frozen=True, kw_only=True):
    """The department did not submit the update in time."""

    TOPIC = "catalog.entry.update_overdue"
    LAPSES = Duty.UPDATE

    missed: Due


class CatalogReviewOverdue(EntryEvent, frozen=True, kw_only=True):
    """The authority did not review in time."""

    TOPIC = "catalog.entry.review_overdue"
    LAPSES = Duty.REVIEW

    missed: Due


class CatalogEntryDueConfirmed(EntryEvent, frozen=True, kw_only=True):
    """A provisional term is final, now that the work calendar is published."""

    TOPIC = "catalog.entry.due_confirmed"

    due: Due


class CatalogEntryHandedOver(EntryEvent, frozen=True, kw_only=True):
    """The entry follows its duty to the receiver.

    A text in force gets a new version; `due` moves a running update term to the receiver.
    """

    TOPIC = "catalog.entry.handed_over"

    receiver_id: str
    reason: str
    version: int = 0
    content: EntryContent | None = None
    due: Due | None = None


class CatalogEntryWithdrawn(EntryEvent, frozen=True, kw_only=True):
    """The entry is no longer in force; its code is never used again. `version`: the last one."""

    TOPIC = "catalog.entry.withdrawn"
    STOPS = (Duty.UPDATE, Duty.REVIEW)

    version: int
    reason: str
    source: Source | None = None


class CatalogCodeReserved(Event, frozen=True, kw_only=True):
    """A catalogue code belongs to this entry for good."""

    TOPIC = "catalog.code.reserved"
    STREAM = "code_id"

    code_id: str
    entry_id: str
    provider_id: str


class CatalogTitleReserved(Event, frozen=True, kw_only=True):
    """An entry bears this title among its provider's entries."""

    TOPIC = "catalog.title.reserved"
    STREAM = "title_id"

    title_id: str
    entry_id: str
    provider_id: str


class UseEvent(Event, frozen=True, kw_only=True):
    """An event of the register of grants that stand on an entry."""

    STREAM = "use_id"

    use_id: str
    entry_id: str
    provider_id: str
    grant_id: str


class CatalogUseOpened(UseEvent, frozen=True, kw_only=True):
    """A grant stands on the entry: the entry cannot be withdrawn under it."""

    TOPIC = "catalog.use.opened"


class CatalogUseClosed(UseEvent, frozen=True, kw_only=True):
    """A grant on the entry ended."""

    TOPIC = "catalog.use.closed"


class ReleaseEvent(Event, frozen=True, kw_only=True):
    """An event of a numbered release of the unified catalogue."""

    STREAM = "release_id"

    release_id: str
    org_id: str


class CatalogReleaseCompiled(ReleaseEvent, frozen=True, kw_only=True):
    """One part of the list of entries and versions in a release; the parts are saved as one."""

    TOPIC = "catalog.release.compiled"

    title: str
    part: int
    parts: int
    entries: dict[str, int]


class CatalogReleasePublished(ReleaseEvent, frozen=True, kw_only=True):
    """The release is published and all departments are to be told (§16)."""

    TOPIC = "catalog.release.published"

    number: str
    document: str = ""


EntryEvents = (
    CatalogEntryDrafted
    | CatalogEntryRevised
    | ShareTypeChanged
    | ClassificationChanged
    | CatalogEntryChecked
    | RiskAssessmentAttached
    | CatalogEntryApprovedInternally
    | CatalogEntrySubmitted
    | CatalogEntryReturned
    | CatalogEntryApproved
    | CatalogEntryPublished
    | CatalogUpdateDutyRaised
    | CatalogUpdateExtended
    | CatalogUpdateOverdue
    | CatalogReviewOverdue
    | CatalogEntryDueConfirmed
    | CatalogEntryHandedOver
    | CatalogEntryWithdrawn
)
UseEvents = CatalogUseOpened | CatalogUseClosed
ReleaseEvents = CatalogReleaseCompiled | CatalogReleasePublished

register(*get_args(EntryEvents), CatalogCodeReserved, CatalogTitleReserved)
register(*get_args(UseEvents), *get_args(ReleaseEvents))
