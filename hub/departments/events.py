"""What happens to organisations, legal bases, work calendars and rules (Decree 809 ch. 1–2)."""

from datetime import date

from hub.actor import Role
from hub.codec import register
from hub.departments.kinds import LegalRank, OrganizationKind
from hub.event import Event
from hub.personal import Commitment


class OrganizationEvent(Event, frozen=True, kw_only=True):
    """An event of one organisation."""

    STREAM = "org_id"

    org_id: str


class OrganizationRegistered(OrganizationEvent, frozen=True, kw_only=True):
    """A department, authority or other body joined the hub."""

    TOPIC = "departments.organization.registered"

    name: str
    kind: OrganizationKind
    uscc: str
    region_code: str
    superior_id: str = ""
    duties: tuple[str, ...] = ()


class OrganizationRenamed(OrganizationEvent, frozen=True, kw_only=True):
    """An organisation carries another name from now on."""

    TOPIC = "departments.organization.renamed"

    name: str


class OrganizationMerged(OrganizationEvent, frozen=True, kw_only=True):
    """An organisation was merged into another, which acts for it from now on."""

    TOPIC = "departments.organization.merged"

    successor_id: str


class DutiesTransferred(OrganizationEvent, frozen=True, kw_only=True):
    """Some duties moved to another organisation."""

    TOPIC = "departments.organization.duties_transferred"

    receiver_id: str
    duties: tuple[str, ...]


class SharingUnitDesignated(OrganizationEvent, frozen=True, kw_only=True):
    """A department named its sharing office (Decree 809 §11)."""

    TOPIC = "departments.organization.sharing_unit_designated"

    unit: str
    contact_id: str
    contact_name: Commitment = ""
    contact_phone: Commitment = ""


class OfficerAppointed(OrganizationEvent, frozen=True, kw_only=True):
    """A person holds a role in an organisation from now on."""

    TOPIC = "departments.organization.officer_appointed"

    person_id: str
    role: Role
    name: Commitment = ""
    phone: Commitment = ""


class OfficerRelieved(OrganizationEvent, frozen=True, kw_only=True):
    """A person no longer holds a role."""

    TOPIC = "departments.organization.officer_relieved"

    person_id: str
    role: Role


class JurisdictionAssigned(OrganizationEvent, frozen=True, kw_only=True):
    """An authority organises and supervises the departments of a region."""

    TOPIC = "departments.organization.jurisdiction_assigned"

    jurisdiction_code: str


class DeputyNamed(OrganizationEvent, frozen=True, kw_only=True):
    """Another authority decides where this organisation would be judge in its own case."""

    TOPIC = "departments.organization.deputy_named"

    deputy_id: str


class OrganizationDeactivated(OrganizationEvent, frozen=True, kw_only=True):
    """An organisation left; its history stays."""

    TOPIC = "departments.organization.deactivated"

    reason: str


class HubFounded(Event, frozen=True, kw_only=True):
    """The operator founded the hub with its first authority."""

    TOPIC = "departments.founding.founded"
    STREAM = "founding_id"

    founding_id: str
    authority_id: str


class LegalBasisEvent(Event, frozen=True, kw_only=True):
    """An event of one document in the register of legal bases."""

    STREAM = "legal_basis_id"

    legal_basis_id: str


class LegalBasisRegistered(LegalBasisEvent, frozen=True, kw_only=True):
    """A law or document can be cited from now on."""

    TOPIC = "departments.legal_basis.registered"

    title: str
    number: str
    rank: LegalRank
    issuer: str
    valid_from: date
    valid_to: date | None = None


class LegalBasisAmended(LegalBasisEvent, frozen=True, kw_only=True):
    """A law or document was changed; entries that cite it must be updated (D-01)."""

    TOPIC = "departments.legal_basis.amended"

    changed_on: date
    summary: str
    title: str = ""
    number: str = ""


class LegalBasisRepealed(LegalBasisEvent, frozen=True, kw_only=True):
    """A law or document is no longer in force; entries that cite it must be updated (D-01)."""

    TOPIC = "departments.legal_basis.repealed"

    repealed_on: date
    reason: str


class WorkCalendarEvent(Event, frozen=True, kw_only=True):
    """An event of one year's work calendar."""

    STREAM = "calendar_id"

    calendar_id: str
    year: int
    holidays: tuple[date, ...]
    makeup_days: tuple[date, ...]
    document: str


class WorkCalendarPublished(WorkCalendarEvent, frozen=True, kw_only=True):
    """The working days of a year are known (yearly notice of the State Council Office)."""

    TOPIC = "departments.calendar.published"

    provisional: bool = False


class WorkCalendarAmended(WorkCalendarEvent, frozen=True, kw_only=True):
    """The working days of a year changed."""

    TOPIC = "departments.calendar.amended"

    reason: str


class RuleSetEvent(Event, frozen=True, kw_only=True):
    """An event of the city's rule set."""

    STREAM = "rule_set_id"

    rule_set_id: str
    document: str


class DeadlineRuleSet(RuleSetEvent, frozen=True, kw_only=True):
    """The city set its own term for a duty."""

    TOPIC = "departments.rules.deadline_set"

    rule_id: str
    term: int
    extension: int
    valid_from: date


class PolicyChanged(RuleSetEvent, frozen=True, kw_only=True):
    """The city decided something law leaves to it."""

    TOPIC = "departments.rules.policy_changed"

    policy: str
    value: str


OrganizationEvents = (
    OrganizationRegistered
    | OrganizationRenamed
    | OrganizationMerged
    | DutiesTransferred
    | SharingUnitDesignated
    | OfficerAppointed
    | OfficerRelieved
    | JurisdictionAssigned
    | DeputyNamed
    | OrganizationDeactivated
)
LegalBasisEvents = LegalBasisRegistered | LegalBasisAmended | LegalBasisRepealed
CalendarEvents = WorkCalendarPublished | WorkCalendarAmended
RuleSetEvents = DeadlineRuleSet | PolicyChanged

register(
    OrganizationRegistered,
    OrganizationRenamed,
    OrganizationMerged,
    DutiesTransferred,
    SharingUnitDesignated,
    OfficerAppointed,
    OfficerRelieved,
    JurisdictionAssigned,
    DeputyNamed,
    OrganizationDeactivated,
    HubFounded,
    LegalBasisRegistered,
    LegalBasisAmended,
    LegalBasisRepealed,
    WorkCalendarPublished,
    WorkCalendarAmended,
    DeadlineRuleSet,
    PolicyChanged,
)
