"""What happens to the personal data of one subject (PIPL §47), and incidents (Decree 809 §35)."""

from datetime import date

from hub.codec import register
from hub.departments.due import Due, Duty
from hub.event import Basis, Event
from hub.security.kinds import ErasureGround, IncidentKind


class PersonalDataEvent(Event, frozen=True, kw_only=True):
    """An event of one subject's personal data; `org_id` is the organisation that answers for it.

    `subject_id` is a key without meaning: `person:` and a person's key, or a citizen's random one.
    """

    STREAM = "personal_id"

    personal_id: str
    subject_id: str
    org_id: str


class PersonalDataErased(PersonalDataEvent, frozen=True, kw_only=True):
    """Everything personal about the subject is erased: what was entered before can be read by none.

    Its `basis` is the article the erasure rests on.
    """

    TOPIC = "security.personal.erased"
    STOPS = (Duty.ERASE,)

    ground: ErasureGround


class PersonalDataRestricted(PersonalDataEvent, frozen=True, kw_only=True):
    """A statutory term of keeping still runs: the data is kept and used for nothing else.

    `until` is the term's last day and `retention_basis` the article that sets it; `due` the clock
    after which the data is erased; `holder_ids` the organisations that keep something.
    """

    TOPIC = "security.personal.restricted"

    ground: ErasureGround
    until: date
    retention_basis: Basis
    holder_ids: tuple[str, ...]
    due: Due


class PersonalDataRestrictionLifted(PersonalDataEvent, frozen=True, kw_only=True):
    """The data may be used again: it was restricted by mistake, or is needed again."""

    TOPIC = "security.personal.restriction_lifted"
    STOPS = (Duty.ERASE,)

    reason: str


class RetentionEnded(PersonalDataEvent, frozen=True, kw_only=True):
    """The statutory term of keeping is over."""

    TOPIC = "security.personal.retention_ended"
    LAPSES = Duty.ERASE

    until: date


class IncidentEvent(Event, frozen=True, kw_only=True):
    """An event of one incident; `org_id` is the organisation that has it."""

    STREAM = "incident_id"

    incident_id: str
    org_id: str


class IncidentDetected(IncidentEvent, frozen=True, kw_only=True):
    """Something is wrong; `details` names what is affected, one thing a line."""

    TOPIC = "security.incident.detected"

    kind: IncidentKind
    title: str
    description: str = ""
    details: tuple[str, ...] = ()


class IncidentClosed(IncidentEvent, frozen=True, kw_only=True):
    """The incident is understood and over."""

    TOPIC = "security.incident.closed"

    cause: str
    loss: str = ""
    lessons: str = ""


PersonalDataEvents = (
    PersonalDataErased | PersonalDataRestricted | PersonalDataRestrictionLifted | RetentionEnded
)

register(PersonalDataErased, PersonalDataRestricted, PersonalDataRestrictionLifted, RetentionEnded)
IncidentEvents = IncidentDetected | IncidentClosed
register(IncidentDetected, IncidentClosed)
