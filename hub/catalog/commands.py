"""What may be asked of the catalogue (Decree 809 §12–17)."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hub.catalog.code import code_id, title_id
from hub.catalog.content import Source
from hub.catalog.entry import use_id
from hub.catalog.form import ConditionsForm, FittingForm, GroundForm
from hub.catalog.kinds import AssessmentKind, AssessmentOutcome, Grade, ShareType
from hub.command import (
    NUMBER_MAX,
    BasisRef,
    Command,
    Day,
    EntryId,
    Line,
    Note,
    OrgId,
    Reason,
    ReleaseId,
    Sha256,
    clean,
)
from hub.departments.calendar import calendar_streams, noon

RELEASE_ENTRIES_MAX = 5_000
"""Most entries in one release; each of their streams is read to compile it."""


class _EntryCommand(Command):
    entry_id: EntryId


class DraftCatalogEntry(_EntryCommand):
    """Begin an entry; it may be incomplete."""

    provider_id: OrgId
    content: FittingForm


class ReviseCatalogEntry(_EntryCommand):
    """Write a new text of the working copy; the version in force stays in force."""

    content: FittingForm
    reason: Note = ""


class ChangeShareType(_EntryCommand):
    """Change the class of sharing of an entry that is in force, with the reason."""

    share_type: ShareType
    share_conditions: ConditionsForm | None = None
    not_shared: GroundForm | None = None
    reason: Reason


class ChangeClassification(_EntryCommand):
    """Change the grade of the data of an entry that is in force, with the reason."""

    grade: Grade
    has_personal_info: bool | None = None
    reason: Reason


class CheckCatalogEntry(_EntryCommand):
    """Let the machine check the working copy against the compiling guide."""


class AttachRiskAssessment(_EntryCommand):
    """Attach the result of an assessment; `document` is its number (Decree 809 §13)."""

    kind: AssessmentKind
    outcome: AssessmentOutcome
    document: Line
    assessed_on: Day


class ApproveCatalogEntryInternally(_EntryCommand):
    """Approve the entry as head of the department (Decree 809 §13)."""


class _ToAuthority(_EntryCommand):
    @property
    def founding_id(self) -> str:
        """Return the stream that knows the city's first authority."""
        return "departments.founding:city"


class SubmitCatalogEntry(_ToAuthority):
    """Submit the entry to the authority."""


class ReturnCatalogEntry(_EntryCommand):
    """Send a submitted entry back with the reason."""

    reason: Reason


class ApproveCatalogEntry(_EntryCommand):
    """Approve a submitted entry as the authority."""


class PublishCatalogEntry(_EntryCommand):
    """Put the approved text in force."""


class RaiseCatalogUpdateDuty(_EntryCommand):
    """Record that law or duty changed on a day, so that the entry must be updated."""

    changed_on: Day
    cause: Reason
    basis: BasisRef | None = None

    @property
    def calendar_ids(self) -> tuple[str, ...]:
        """Return the work calendars around the day of the change, not of its noticing."""
        return tuple(calendar_streams(noon(self.changed_on)))


class ExtendCatalogUpdate(_EntryCommand):
    """Give more working days for an update, once and before its term ends (§17)."""

    days: Annotated[int, Field(ge=1, le=366)]
    reason: Reason


class RecordUpdateOverdue(_EntryCommand):
    """Record that an update was not submitted in time."""


class RecordReviewOverdue(_EntryCommand):
    """Record that the authority did not review in time."""


class ConfirmCatalogEntryDue(_EntryCommand):
    """Count provisional terms anew on the calendars now published."""


class WithdrawCatalogEntry(_EntryCommand):
    """Take an entry out of the catalogue for good."""

    reason: Reason


class HandOverCatalogEntry(_EntryCommand):
    """Let the entry follow its duty to another department."""

    receiver_id: OrgId
    reason: Reason


class SourceForm(BaseModel):
    """The catalogue an import reads: its name, the digest of the file, the entry's id there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    sha256: Sha256
    external_id: Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=500)]

    def to_source(self) -> Source:
        """Return the source as the record keeps it."""
        return Source(name=self.name, sha256=self.sha256, external_id=self.external_id)


class ImportCatalogEntry(_EntryCommand):
    """Take an entry over from an existing catalogue: published if it may be, else a draft."""

    provider_id: OrgId
    content: FittingForm
    source: SourceForm

    @property
    def code_id(self) -> str:
        """Return the stream of the catalogue code."""
        return code_id(self.content.catalog_code)

    @property
    def title_id(self) -> str:
        """Return the stream of the title."""
        return title_id(self.content.title)

    @property
    def basis_ids(self) -> tuple[str, ...]:
        """Return the legal bases the text cites."""
        ground = self.content.not_shared
        cited = (self.content.duty_basis_id, ground.legal_basis_id if ground else None)
        return tuple(basis_id for basis_id in cited if basis_id)


class ImportCatalogRemoval(_EntryCommand):
    """Take over that an existing catalogue no longer has the entry."""

    source: SourceForm
    reason: Reason

    @property
    def use_id(self) -> str:
        """Return the stream of the register of grants on the entry."""
        return use_id(self.entry_id)


class CompileCatalogRelease(Command):
    """Compile a numbered release: entries with the version that must be in force.

    The number is what follows `catalog.release:` in the id, e.g. `430400-2026-3`.
    """

    release_id: ReleaseId
    org_id: OrgId
    title: Line
    entries: Annotated[
        dict[EntryId, Annotated[int, Field(ge=1, le=NUMBER_MAX)]],
        Field(min_length=1, max_length=RELEASE_ENTRIES_MAX),
    ]

    @property
    def entry_ids(self) -> tuple[str, ...]:
        """Return the entries, for loading."""
        return tuple(self.entries)


class PublishCatalogRelease(Command):
    """Publish a compiled release to all departments."""

    release_id: ReleaseId
    document: Note = ""
