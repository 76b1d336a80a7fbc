"""What happens to resources and batches (Decree 809 §18–§19, §22, §27)."""

from datetime import date

import msgspec

from hub.catalog.kinds import ShareMethod
from hub.codec import register
from hub.convergence.kinds import CheckRule
from hub.departments.due import Due, Duty
from hub.event import Event


class ResourceEvent(Event, frozen=True, kw_only=True):
    """An event of one resource: a table, a file or an interface behind an entry."""

    STREAM = "resource_id"

    resource_id: str
    entry_id: str
    provider_id: str


class ResourceMounted(ResourceEvent, frozen=True, kw_only=True):
    """The provider bound real data to its entry (挂接)."""

    TOPIC = "convergence.resource.mounted"

    kind: ShareMethod
    title: str
    locator: str
    items: tuple[str, ...]


class ResourceTested(ResourceEvent, frozen=True, kw_only=True):
    """Somebody tried whether the resource can be reached and read."""

    TOPIC = "convergence.resource.tested"

    ok: bool
    findings: str = ""


class ResourceActivated(ResourceEvent, frozen=True, kw_only=True):
    """The resource serves from now on; data is expected for every period of its cycle."""

    TOPIC = "convergence.resource.activated"

    expects: str = ""
    due: Due | None = None


class ResourceChanged(ResourceEvent, frozen=True, kw_only=True):
    """The resource changed; a breaking change tells every grantee beforehand (P7)."""

    TOPIC = "convergence.resource.changed"

    title: str
    locator: str
    items: tuple[str, ...]
    breaking: bool
    reason: str
    notice: str = ""
    effective_on: date | None = None


class ResourceSuspended(ResourceEvent, frozen=True, kw_only=True):
    """The resource does not serve for the time being."""

    TOPIC = "convergence.resource.suspended"
    STOPS = (Duty.REFRESH,)

    reason: str


class ResourceResumed(ResourceEvent, frozen=True, kw_only=True):
    """The resource serves again."""

    TOPIC = "convergence.resource.resumed"

    expects: str = ""
    due: Due | None = None


class ResourceTerminationNotified(ResourceEvent, frozen=True, kw_only=True):
    """The provider told everybody concerned that the service will end (§27)."""

    TOPIC = "convergence.resource.termination_notified"

    ends_on: date
    reason: str


class ResourceTerminationNegotiated(ResourceEvent, frozen=True, kw_only=True):
    """What the provider and one grantee agreed about the end of the service (§27)."""

    TOPIC = "convergence.resource.termination_negotiated"

    grant_id: str
    requester_id: str
    agreed: bool
    outcome: str


class ResourceTerminationFiled(ResourceEvent, frozen=True, kw_only=True):
    """The provider filed the end of the service with the authority (备案, §27)."""

    TOPIC = "convergence.resource.termination_filed"

    filing_number: str
    grant_ids: tuple[str, ...]


class ResourceUnmounted(ResourceEvent, frozen=True, kw_only=True):
    """The resource is gone; `without_filing` marks a service ended at will (P7)."""

    TOPIC = "convergence.resource.unmounted"
    STOPS = (Duty.REFRESH,)

    reason: str
    without_filing: bool = False


class DataPublished(ResourceEvent, frozen=True, kw_only=True):
    """The resource has a new version of its data, from this batch.

    `expects` and `due` are there when the publication moved the clock to the next period.
    `timely`: the period was awaited, or lies ahead, and its term had not ended; so exactly one
    publication of a period is timely, or none (K5).
    """

    TOPIC = "convergence.resource.data_published"

    batch_id: str
    period: str
    data_version: int
    rows: int
    bytes: int
    sha256: str
    timely: bool = False
    expects: str = ""
    due: Due | None = None


class FreshnessBreached(ResourceEvent, frozen=True, kw_only=True):
    """A period ended with its grace and had no data (K5); `due` is the next period's clock."""

    TOPIC = "convergence.resource.freshness_breached"
    LAPSES = Duty.REFRESH

    period: str
    rule: str
    expects: str = ""
    due: Due | None = None


class BatchEvent(Event, frozen=True, kw_only=True):
    """An event of one batch."""

    STREAM = "batch_id"

    batch_id: str
    resource_id: str
    entry_id: str
    provider_id: str


class BatchDelivered(BatchEvent, frozen=True, kw_only=True):
    """The provider delivered a file for a period, with its manifest."""

    TOPIC = "convergence.batch.delivered"

    period: str
    rows: int
    bytes: int
    sha256: str
    file_name: str
    content_type: str
    standard_version: str
    supersedes: str = ""


class BatchReceived(BatchEvent, frozen=True, kw_only=True):
    """The hub holds the payload: what it counted and hashed itself."""

    TOPIC = "convergence.batch.received"

    period: str
    rows: int
    bytes: int
    sha256: str
    standard_version: str


class Check(msgspec.Struct, frozen=True):
    """How many values one rule was checked on, and how many failed it."""

    rule: CheckRule
    checked: int
    failed: int


class Finding(msgspec.Struct, frozen=True):
    """Where a rule failed: the item, how often, the first row numbers (the header is row 1)."""

    rule: CheckRule
    item: str
    failed: int
    rows: tuple[int, ...] = ()


class BatchVerified(BatchEvent, frozen=True, kw_only=True):
    """The payload was checked against the entry's items and the convergence standard."""

    TOPIC = "convergence.batch.verified"

    standard_version: str
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()


class BatchAccepted(BatchEvent, frozen=True, kw_only=True):
    """The batch passed every check."""

    TOPIC = "convergence.batch.accepted"


class BatchRejected(BatchEvent, frozen=True, kw_only=True):
    """The batch was turned back with its reason; a new delivery supersedes it."""

    TOPIC = "convergence.batch.rejected"

    reason: str


class BatchPublished(BatchEvent, frozen=True, kw_only=True):
    """The batch is live: this version of the resource's data comes from it."""

    TOPIC = "convergence.batch.published"

    data_version: int


class BatchReconciled(BatchEvent, frozen=True, kw_only=True):
    """Provider's and hub's books were compared (对账); `matches` says whether they agree."""

    TOPIC = "convergence.batch.reconciled"

    rows: int
    sha256: str
    matches: bool
    note: str = ""


ResourceEvents = (
    ResourceMounted
    | ResourceTested
    | ResourceActivated
    | ResourceChanged
    | ResourceSuspended
    | ResourceResumed
    | ResourceTerminationNotified
    | ResourceTerminationNegotiated
    | ResourceTerminationFiled
    | ResourceUnmounted
    | DataPublished
    | FreshnessBreached
)
BatchEvents = (
    BatchDelivered
    | BatchReceived
    | BatchVerified
    | BatchAccepted
    | BatchRejected
    | BatchPublished
    | BatchReconciled
)

register(
    ResourceMounted,
    ResourceTested,
    ResourceActivated,
    ResourceChanged,
    ResourceSuspended,
    ResourceResumed,
    ResourceTerminationNotified,
    ResourceTerminationNegotiated,
    ResourceTerminationFiled,
    ResourceUnmounted,
    DataPublished,
    FreshnessBreached,
    BatchDelivered,
    BatchReceived,
    BatchVerified,
    BatchAccepted,
    BatchRejected,
    BatchPublished,
    BatchReconciled,
)
