"""What may be asked of resources and batches."""

import hashlib
import re
from typing import Annotated, LiteralString

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hub.catalog.kinds import ShareMethod
from hub.command import (
    BatchId,
    Code,
    Command,
    Day,
    EntryId,
    GrantId,
    Line,
    Note,
    OrgId,
    Reason,
    ResourceId,
    Sha256,
    clean,
)
from hub.convergence.kinds import CheckRule
from hub.convergence.period import read_period

_CREDENTIAL = re.compile(
    r"://[^/\s@]*:[^/\s@]*@|(password|passwd|pwd|secret|token|api[_-]?key|密码|口令)\s*[=:]",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"[/\\]")
_NO_CREDENTIALS: LiteralString = (
    "a locator says where the data is, never how to log in; leave user and password to the"
    " adapter's own configuration"
)
_NO_PERIOD: LiteralString = (
    "“{value}” is no period; write 2026, 2026-H1, 2026-Q3, 2026-03, 2026-W09 or 2026-03-02"
)
ROWS_NAMED_MAX = 20
"""How many row numbers of failing rows a finding names."""
FINDINGS_MAX = 200
"""How many findings one verification holds; the checks count the rest."""


def _no_credentials(value: str) -> str:
    if _CREDENTIAL.search(value):
        raise PydanticCustomError("credentials", _NO_CREDENTIALS)
    return value


def _no_folder(value: str) -> str:
    if _FOLDER.search(value):
        raise PydanticCustomError("file_name", "write the name of the file without its folder")
    return value


def _is_period(value: str) -> str:
    try:
        read_period(value)
    except ValueError as wrong:
        raise PydanticCustomError("period", _NO_PERIOD, {"value": value}) from wrong
    return value


Locator = Annotated[Note, AfterValidator(_no_credentials)]
"""Where the data is: a table, folder or address; never with a user, password or token."""
FileName = Annotated[Line, AfterValidator(_no_folder)]
"""The name of a delivered file."""
PeriodCode = Annotated[
    str, BeforeValidator(clean), Field(max_length=10), AfterValidator(_is_period)
]
"""The period a batch is the data of, e.g. `2026-03`."""
Count = Annotated[int, Field(ge=0, le=10**15)]
"""A number of rows or bytes."""
Items = Annotated[tuple[Line, ...], Field(max_length=2000)]
"""Names of items of the entry; empty means all of them."""


class _Resource(Command):
    resource_id: ResourceId


class MountResource(_Resource):
    """Bind a table, file or interface to a published entry (挂接)."""

    entry_id: EntryId
    kind: ShareMethod
    title: Line
    locator: Locator = ""
    items: Items = ()


class TestResource(_Resource):
    """Record whether the resource could be reached and read."""

    __test__ = False  # the word is the trade's; pytest must not take it for a test

    ok: bool
    findings: Note = ""


class ActivateResource(_Resource):
    """Let a tested resource serve."""


class ChangeResource(_Resource):
    """Change a serving resource; a breaking change needs a notice to the grantees."""

    title: Line
    locator: Locator = ""
    items: Items = ()
    breaking: bool = False
    reason: Reason
    notice: Note = ""
    effective_on: Day | None = None


class SuspendResource(_Resource):
    """Stop serving for the time being."""

    reason: Reason


class ResumeResource(_Resource):
    """Serve again."""


class NotifyResourceTermination(_Resource):
    """Announce the day on which the service ends."""

    ends_on: Day
    reason: Reason


class RecordTerminationNegotiation(_Resource):
    """Record what was agreed with one grantee about the end of the service."""

    grant_id: GrantId
    requester_id: OrgId
    agreed: bool
    outcome: Reason


class FileResourceTermination(_Resource):
    """File the end of the service with the authority (备案)."""

    filing_number: Line


class UnmountResource(_Resource):
    """Take the resource away; without a filing this is marked as ended at will (P7)."""

    reason: Reason


class RecordFreshnessBreach(_Resource):
    """Record that the expected period ended with its grace and had no data."""


class CheckResult(BaseModel):
    """How many values one rule was checked on, and how many failed it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: CheckRule
    checked: Count
    failed: Count


class FindingResult(BaseModel):
    """Where a rule failed; row numbers only, never a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: CheckRule
    item: Annotated[str, BeforeValidator(clean), Field(max_length=200)] = ""
    failed: Count
    rows: Annotated[tuple[Count, ...], Field(max_length=ROWS_NAMED_MAX)] = ()


class Verification(BaseModel):
    """What the hub found when it read the payload itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Count
    bytes: Count
    sha256: Sha256
    checks: Annotated[tuple[CheckResult, ...], Field(min_length=1, max_length=len(CheckRule))]
    findings: Annotated[tuple[FindingResult, ...], Field(max_length=FINDINGS_MAX)] = ()


class DeliverBatch(_Resource):
    """Deliver a file for a period; the same file for the same period is taken once.

    `verification` is attached by the hub's edge, which holds the payload and has read it; the
    edge refuses a body that brings its own.
    """

    period: PeriodCode
    rows: Count
    bytes: Annotated[int, Field(ge=1, le=10**15)]
    sha256: Sha256
    file_name: FileName
    content_type: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=100)]
    standard_version: Code = "1"
    supersedes: BatchId | None = None
    # Not part of the wish: a repeated delivery is the same one whatever was found in the file.
    verification: Verification | None = Field(default=None, exclude=True)

    @property
    def batch_id(self) -> str:
        """Return the one batch that this file for this period can be."""
        return batch_id_of(self.resource_id, self.period, self.sha256, self.supersedes or "")


class _Batch(Command):
    batch_id: BatchId


class ReceiveBatch(_Batch):
    """Record that the hub holds the payload, with its own count and hash."""

    rows: Count
    bytes: Count
    sha256: Sha256


class VerifyBatch(_Batch):
    """Record what checking the payload found."""

    checks: Annotated[tuple[CheckResult, ...], Field(min_length=1, max_length=len(CheckRule))]
    findings: Annotated[tuple[FindingResult, ...], Field(max_length=FINDINGS_MAX)] = ()


class AcceptBatch(_Batch):
    """Accept a batch that passed every check."""


class RejectBatch(_Batch):
    """Turn a batch back."""

    reason: Reason


class PublishBatch(_Batch):
    """Make an accepted batch the resource's newest data."""


class ReconcileBatch(_Batch):
    """Compare the provider's own books with the hub's (对账)."""

    rows: Count
    sha256: Sha256 | None = None
    note: Note = ""


def batch_id_of(resource_id: str, period: str, sha256: str, supersedes: str = "") -> str:
    """Return the id of a batch: the same for the same file, so that it cannot arrive twice.

    A file delivered once more to supersede another batch is another wish and has another id.
    """
    words = f"{resource_id}\n{period}\n{sha256}\n{supersedes}"
    return f"convergence.batch:{hashlib.sha256(words.encode()).hexdigest()[:32]}"
