"""What may be asked about the personal data the hub keeps."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.command import BasisRef, Command, Day, IncidentId, Line, Note, OrgId, Reason, clean
from hub.personal import SubjectId
from hub.security.kinds import ErasureGround, IncidentKind

PersonalFileId = Annotated[
    str, Field(pattern=r"^security\.personal:(person|citizen)~[a-z0-9][a-z0-9._-]{1,79}$")
]
"""The stream of one subject's personal data: `security.personal:person~tax.clerk`."""
HOLDERS_MAX = 200
Detail = Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=250)]
"""One thing an incident names: a row of a view, a file, a position."""


def personal_id_of(subject_id: str) -> str:
    """Return the stream of a subject's personal data."""
    return f"security.personal:{subject_id.replace(':', '~')}"


class _OfSubject(Command):
    subject_id: SubjectId

    @property
    def personal_id(self) -> str:
        """Return the stream of this subject's personal data."""
        return personal_id_of(self.subject_id)


class ErasePersonalData(_OfSubject):
    """Erase everything personal about somebody; name whose data it was and on what ground.

    While law or administrative regulation still wants it kept, say until when and by which
    article: it is then restricted, and erased by itself when that day is over (PIPL §47).
    `holder_ids` are the organisations that keep something: the edge fills them in.
    """

    org_id: OrgId
    ground: ErasureGround
    basis: BasisRef
    retained_until: Day | None = None
    retention_basis: BasisRef | None = None
    # Not part of the wish: what is held changes with the erasure, its repetition must not.
    holder_ids: Annotated[tuple[OrgId, ...], Field(max_length=HOLDERS_MAX)] | None = Field(
        default=None, exclude=True
    )

    @property
    def legal_basis_id(self) -> str:
        """Return the law the erasure rests on."""
        return self.basis.legal_basis_id

    @property
    def retention_basis_id(self) -> str:
        """Return the law that wants the data kept, if one does."""
        return self.retention_basis.legal_basis_id if self.retention_basis else ""


class LiftPersonalDataRestriction(_OfSubject):
    """Use personal data again that was restricted by mistake."""

    reason: Reason


class EraseAfterRetention(Command):
    """Erase what was restricted, now that the statutory term of keeping is over."""

    personal_id: PersonalFileId


class DetectIncident(Command):
    """Record that something is wrong, at once, with everything that is known to be affected."""

    incident_id: IncidentId
    org_id: OrgId
    kind: IncidentKind
    title: Line
    description: Note = ""
    details: Annotated[tuple[Detail, ...], Field(max_length=200)] = ()


class CloseIncident(Command):
    """Say what the cause was, what was lost and what follows from it."""

    incident_id: IncidentId
    cause: Reason
    loss: Note = ""
    lessons: Note = ""
