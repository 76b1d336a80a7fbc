"""What every command has in common, and the types its fields are made of.

The HTTP body is the command. Its id (Idempotency-Key), its time and its speaker stand beside it.
"""

import re
import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,79}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Command(BaseModel):
    """A wish to change something, in the imperative; immutable, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def clean(text: object) -> object:
    """Normalise text from outside: NFC, trimmed; lone surrogates and control codes are refused.

    Lone surrogates come in real catalogues and no JSON writer can store them (DOMAIN §3.1.7).
    """
    if not isinstance(text, str):
        return text
    if _SURROGATE.search(text):
        kind, words = (
            "lone_surrogate",
            "the text holds half of a character (a lone surrogate); send it again as valid Unicode",
        )
        raise PydanticCustomError(kind, words)
    if _CONTROL.search(text):
        kind, words = "control_character", "the text holds a control character; remove it"
        raise PydanticCustomError(kind, words)
    return unicodedata.normalize("NFC", text).strip()


def _id_of(kind: str) -> AfterValidator:
    def check(value: str) -> str:
        prefix, _, rest = value.partition(":")
        if prefix != kind or not _ID.fullmatch(rest):
            raise PydanticCustomError(
                "stream_id",
                "this must be the id of a {kind}: “{kind}:” and 1 to 80 letters, digits, . _ ~ -",
                {"kind": kind},
            )
        return value

    return AfterValidator(check)


Line = Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=200)]
"""One line a person reads: a title, a name, an article."""
Note = Annotated[str, BeforeValidator(clean), Field(max_length=4000)]
"""Free text, may be empty."""
Reason = Annotated[str, BeforeValidator(clean), Field(min_length=2, max_length=2000)]
"""A reason somebody must give."""
Code = Annotated[
    str, BeforeValidator(clean), Field(min_length=1, max_length=80, pattern=r"^[\w./:~-]+$")
]
"""A code or key of another register."""
PersonId = Annotated[str, BeforeValidator(clean), Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,79}$")]
"""A person's key; the name stands in a table that can be corrected, never in an event."""
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A calendar day; beyond these no term could be counted (the day after year 9999 is none)."""
NUMBER_MAX = 2**53 - 1
"""The greatest number in a command: JSON holds it exactly, and every view can add it up."""
Sha256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
"""A digest with its algorithm: `sha256:` and 64 hex digits."""

OrgId = Annotated[str, _id_of("departments.organization")]
LegalBasisId = Annotated[str, _id_of("departments.legal_basis")]
EntryId = Annotated[str, _id_of("catalog.entry")]
ReleaseId = Annotated[str, _id_of("catalog.release")]
ResourceId = Annotated[str, _id_of("convergence.resource")]
BatchId = Annotated[str, _id_of("convergence.batch")]
RequestId = Annotated[str, _id_of("sharing.request")]
GrantId = Annotated[str, _id_of("sharing.grant")]
FeedbackId = Annotated[str, _id_of("feedback.feedback")]
CorrectionId = Annotated[str, _id_of("feedback.correction")]
ReportId = Annotated[str, _id_of("supervision.report")]
AuditId = Annotated[str, _id_of("supervision.audit")]
IncidentId = Annotated[str, _id_of("security.incident")]


class BasisRef(BaseModel):
    """The article a command rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal_basis_id: LegalBasisId
    article: Annotated[str, BeforeValidator(clean), Field(max_length=40)] = ""
