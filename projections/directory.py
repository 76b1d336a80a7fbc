"""部门名录 Directory: the organisations as they stand, their sharing offices and their officers.

Decree 809 §8–11: who takes part, who organises and supervises which region, which office of a
department answers for sharing, and who holds which role.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import psycopg

from hub.departments.events import (
    DeputyNamed,
    DutiesTransferred,
    JurisdictionAssigned,
    OfficerAppointed,
    OfficerRelieved,
    OrganizationDeactivated,
    OrganizationEvent,
    OrganizationMerged,
    OrganizationRegistered,
    OrganizationRenamed,
    SharingUnitDesignated,
)
from hub.personal import Commitment
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class DirectoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as it stands; empty text where nothing was named."""

    org_id: str
    name: str
    kind: str
    uscc: str
    region_code: str
    superior_id: str
    jurisdiction_code: str = ""
    sharing_unit: str = ""
    contact_id: str = ""
    deputy_id: str = ""
    successor_id: str = ""
    duties: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    active: bool = True
    registered_at: datetime
    ended_at: datetime | None = None
    contact_name: Commitment = ""
    contact_phone: Commitment = ""


class OfficerRow(msgspec.Struct, frozen=True):
    """A person who holds a role in an organisation, since when."""

    org_id: str
    person_id: str
    role: str
    appointed_at: datetime
    person_name: Commitment = ""
    phone: Commitment = ""


def directory_keys(event: OrganizationEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the organisations an event changes: duties also arrive somewhere."""
    del recorded
    if isinstance(event, DutiesTransferred):
        return ((event.org_id,), (event.receiver_id,))
    return ((event.org_id,),)


def directory_fold(
    key: Key, row: DirectoryRow | None, event: OrganizationEvent, recorded: Recorded
) -> DirectoryRow | None:
    """Fold one event into an organisation's line."""
    del recorded
    if isinstance(event, OrganizationRegistered):
        return DirectoryRow(
            org_id=event.org_id,
            name=event.name,
            kind=event.kind,
            uscc=event.uscc,
            region_code=event.region_code,
            superior_id=event.superior_id,
            duties=event.duties,
            registered_at=event.at,
        )
    return None if row is None else _changed(key, row, event)


def _changed(key: Key, row: DirectoryRow, event: OrganizationEvent) -> DirectoryRow:
    change = msgspec.structs.replace
    match event:
        case OrganizationRenamed():
            return change(row, name=event.name, former_names=(*row.former_names, row.name))
        case OrganizationMerged():
            return change(row, successor_id=event.successor_id, active=False, ended_at=event.at)
        case DutiesTransferred() if key[0] == event.receiver_id:
            new = [duty for duty in event.duties if duty not in row.duties]
            return change(row, duties=(*row.duties, *new))
        case DutiesTransferred():
            gone = set(event.duties)
            return change(row, duties=tuple(duty for duty in row.duties if duty not in gone))
        case SharingUnitDesignated():
            return change(
                row,
                sharing_unit=event.unit,
                contact_id=event.contact_id,
                contact_name=event.contact_name,
                contact_phone=event.contact_phone,
            )
        case JurisdictionAssigned():
            return change(row, jurisdiction_code=event.jurisdiction_code)
        case DeputyNamed():
            return change(row, deputy_id=event.deputy_id)
        case OrganizationDeactivated():
            return change(row, active=False, ended_at=event.at)
        case _:
            return row


DIRECTORY = Projection(
    name="directory",
    version=2,
    row=DirectoryRow,
    key=("org_id",),
    reads=(
        OrganizationRegistered,
        OrganizationRenamed,
        OrganizationMerged,
        DutiesTransferred,
        SharingUnitDesignated,
        JurisdictionAssigned,
        DeputyNamed,
        OrganizationDeactivated,
    ),
    keys=directory_keys,
    fold=directory_fold,
)


def officer_keys(event: OfficerAppointed | OfficerRelieved, recorded: Recorded) -> Iterable[Key]:
    """Return the one line an appointment or its end touches."""
    del recorded
    return ((event.org_id, event.person_id, event.role.value),)


def officer_fold(
    key: Key, row: OfficerRow | None, event: OfficerAppointed | OfficerRelieved, recorded: Recorded
) -> OfficerRow | None:
    """An appointed officer has a line, a relieved one has none."""
    del key, recorded
    if isinstance(event, OfficerRelieved):
        return None
    return row or OfficerRow(
        event.org_id, event.person_id, event.role.value, event.at, event.name, event.phone
    )


OFFICERS = Projection(
    name="officers",
    version=2,
    row=OfficerRow,
    key=("org_id", "person_id", "role"),
    reads=(OfficerAppointed, OfficerRelieved),
    keys=officer_keys,
    fold=officer_fold,
)


def organization(connection: psycopg.Connection, org_id: str) -> DirectoryRow | None:
    """Return one organisation's line; None if nobody of this id is registered."""
    with connection.cursor(row_factory=as_row(DirectoryRow)) as cursor:
        return cursor.execute(
            """
            SELECT org_id, name, kind, uscc, region_code, superior_id, jurisdiction_code,
                   sharing_unit, contact_id, deputy_id, successor_id, duties, former_names,
                   active, registered_at, ended_at, contact_name, contact_phone
              FROM directory
             WHERE org_id = %s
            """,
            (org_id,),
        ).fetchone()


def organizations(
    connection: psycopg.Connection,
    *,
    region_code: str = "",
    active: bool | None = None,
    after: str = "",
    limit: int = 100,
) -> list[DirectoryRow]:
    """Return organisations by id, of a region (its code's leading digits) if one is given.

    The next page begins `after` the last id of this one.
    """
    with connection.cursor(row_factory=as_row(DirectoryRow)) as cursor:
        return cursor.execute(
            """
            SELECT org_id, name, kind, uscc, region_code, superior_id, jurisdiction_code,
                   sharing_unit, contact_id, deputy_id, successor_id, duties, former_names,
                   active, registered_at, ended_at, contact_name, contact_phone
              FROM directory
             WHERE org_id > %(after)s
               AND starts_with(region_code, %(region_code)s)
               AND (%(active)s::boolean IS NULL OR active = %(active)s)
             ORDER BY org_id
             LIMIT %(limit)s
            """,
            {"after": after, "region_code": region_code, "active": active, "limit": limit},
        ).fetchall()


def officers_of(connection: psycopg.Connection, org_id: str) -> list[OfficerRow]:
    """Return who holds which role in an organisation."""
    with connection.cursor(row_factory=as_row(OfficerRow)) as cursor:
        return cursor.execute(
            """
            SELECT org_id, person_id, role, appointed_at, person_name, phone
              FROM officers
             WHERE org_id = %s
             ORDER BY person_id, role
            """,
            (org_id,),
        ).fetchall()


def roles_of(connection: psycopg.Connection, person_id: str) -> list[OfficerRow]:
    """Return which roles a person holds, in which organisations."""
    with connection.cursor(row_factory=as_row(OfficerRow)) as cursor:
        return cursor.execute(
            """
            SELECT org_id, person_id, role, appointed_at, person_name, phone
              FROM officers
             WHERE person_id = %s
             ORDER BY org_id, role
            """,
            (person_id,),
        ).fetchall()
