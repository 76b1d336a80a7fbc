"""What may be asked of the register of organisations, bases, calendars and rules."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc as _uscc

from hub.actor import Role
from hub.command import Code, Command, Day, LegalBasisId, Line, Note, OrgId, PersonId, Reason
from hub.departments.kinds import LegalRank, OrganizationKind
from hub.personal import Personal, PersonalLine

RegionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}(\d{3}){0,2}$")]
"""A region of GB/T 2260: six digits, nine or twelve below the county."""


def _check_uscc(value: str) -> str:
    if not _uscc.is_valid(value):
        raise PydanticCustomError(
            "uscc",
            "“{value}” is not a unified social credit code: 18 characters with a check digit"
            " (GB 32100)",
            {"value": value},
        )
    return str(_uscc.compact(value))


Uscc = Annotated[str, AfterValidator(_check_uscc)]
"""A unified social credit code 统一社会信用代码, GB 32100, check digit verified."""


_CONTACT = Personal(subject="contact_id", holder="org_id")
_OFFICER = Personal(subject="person_id", holder="org_id")


class _OfTheCity(Command):
    @property
    def founding_id(self) -> str:
        """Return the one stream that names the city's first authority."""
        return "departments.founding:city"


class EstablishAuthority(_OfTheCity):
    """Found the hub's first authority with its head; the operator does this once."""

    org_id: OrgId
    name: Line
    uscc: Uscc
    region_code: RegionCode
    head_id: PersonId


class RegisterOrganization(_OfTheCity):
    """Enter a department, authority or other body in the directory."""

    org_id: OrgId
    name: Line
    kind: OrganizationKind
    uscc: Uscc | None = None
    region_code: RegionCode
    superior_id: OrgId | None = None
    duties: tuple[Line, ...] = ()
    authorized_by: LegalBasisId | None = None
    authorized_article: Note = ""


class RenameOrganization(Command):
    """Give an organisation its new name."""

    org_id: OrgId
    name: Line


class MergeOrganization(Command):
    """Merge an organisation into another, which then acts for it."""

    org_id: OrgId
    successor_id: OrgId


class TransferDuties(Command):
    """Move duties from one organisation to another."""

    org_id: OrgId
    receiver_id: OrgId
    duties: Annotated[tuple[Line, ...], Field(min_length=1)]


class DesignateSharingUnit(Command):
    """Name the sharing office of a department and its contact."""

    org_id: OrgId
    unit: Line
    contact_id: PersonId
    contact_name: Annotated[PersonalLine, _CONTACT] = ""
    contact_phone: Annotated[PersonalLine, _CONTACT] = ""


class AppointOfficer(Command):
    """Give a person a role in an organisation."""

    org_id: OrgId
    person_id: PersonId
    role: Role
    name: Annotated[PersonalLine, _OFFICER] = ""
    phone: Annotated[PersonalLine, _OFFICER] = ""


class RelieveOfficer(Command):
    """Take a role from a person."""

    org_id: OrgId
    person_id: PersonId
    role: Role


class AssignJurisdiction(Command):
    """Let an authority organise and supervise a region."""

    org_id: OrgId
    jurisdiction_code: RegionCode


class NameDeputy(Command):
    """Name who decides where an organisation would be judge in its own case."""

    org_id: OrgId
    deputy_id: OrgId


class DeactivateOrganization(Command):
    """Close an organisation's part in the hub."""

    org_id: OrgId
    reason: Reason


class RegisterLegalBasis(Command):
    """Enter a law or document so that it can be cited."""

    legal_basis_id: LegalBasisId
    title: Line
    number: Note = ""
    rank: LegalRank
    issuer: Line
    valid_from: Day
    valid_to: Day | None = None


class AmendLegalBasis(_OfTheCity):
    """Record that a law or document changed, on the day it changed."""

    legal_basis_id: LegalBasisId
    changed_on: Day
    summary: Reason
    title: Note = ""
    number: Note = ""


class RepealLegalBasis(_OfTheCity):
    """Record that a law or document is no longer in force."""

    legal_basis_id: LegalBasisId
    repealed_on: Day
    reason: Reason


class _WorkCalendar(_OfTheCity):
    year: Annotated[int, Field(ge=2000, le=2100)]
    holidays: tuple[Day, ...]
    makeup_days: tuple[Day, ...] = ()
    document: Line

    @property
    def calendar_id(self) -> str:
        """Return the stream of this year's calendar."""
        return f"departments.calendar:{self.year}"


class PublishWorkCalendar(_WorkCalendar):
    """Publish the working days of a year."""

    provisional: bool = False


class AmendWorkCalendar(_WorkCalendar):
    """Change the working days of a year."""

    reason: Reason


class SetDeadlineRule(_OfTheCity):
    """Set the city's own term for a duty, e.g. rule_id `D-05`."""

    rule_id: Code
    term: Annotated[int, Field(ge=0, le=366)]
    extension: Annotated[int, Field(ge=0, le=366)] = 0
    valid_from: Day | None = None
    document: Line

    @property
    def rule_set_id(self) -> str:
        """Return the city's one rule set."""
        return "departments.rules:city"


class ChangePolicy(_OfTheCity):
    """Decide what law leaves to the city."""

    policy: Code
    value: Line
    document: Line

    @property
    def rule_set_id(self) -> str:
        """Return the city's one rule set."""
        return "departments.rules:city"
