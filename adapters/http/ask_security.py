"""Questions about security 安全: what is kept about a person, shown to him and to who answers."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from adapters.http.described import listing
from adapters.http.personal import PERSON, held_about
from adapters.http.question import A, Asked
from adapters.vault.window import Held
from hub.actor import Role
from hub.departments.organization import Organization
from hub.errors import Forbidden
from hub.personal import SubjectId
from hub.security.kinds import PersonalStatus
from projections.audit_trail import AUDIT_TRAIL

router = APIRouter(prefix="/api/v1/security", tags=["security"])
ANSWERING = frozenset({Role.SECURITY_OFFICER, Role.AUTHORITY_SUPERVISOR})
"""Roles that answer for personal data: of their organisation, or of the authority's region."""


class PersonalDataRow(msgspec.Struct, frozen=True):
    """One thing kept about a subject.

    `entered_by` is the command it came with, `field` where it stood there, `holder_id` the
    organisation that keeps it; `text` is empty unless the status is held.
    """

    subject_id: str
    entered_by: str
    field: str
    holder_id: str
    kept_since: str
    personal_status: PersonalStatus
    text: str


@router.get(
    "/personal-data", summary="What is kept about a person 个人信息查阅", **listing(PersonalDataRow)
)
async def personal_data(
    asked: A,
    subject_id: Annotated[SubjectId, Query(description="person:… or citizen:… 个人信息主体")],
) -> Response:
    """List what is kept about a subject, since when, how it stands (PIPL §45).

    He himself sees all; a security officer or supervisor what his organisation or region keeps.
    """
    asked.stood.present_only()
    await asked.wait(AUDIT_TRAIL.name)
    held = await held_about(asked.desk, subject_id)
    rows = [_row(each) for each in await _allowed(asked, subject_id, held)]
    return await asked.page(
        lambda _: rows,
        PersonalDataRow,
        key=lambda row: (row.kept_since, row.field),
        view=AUDIT_TRAIL.name,
        whole=True,
    )


async def _allowed(asked: Asked, subject_id: str, held: list[Held]) -> list[Held]:
    reader = asked.reader
    if subject_id == f"{PERSON}{reader.speaker.person_id}":
        return held
    home = reader.home
    if home is None or not reader.roles & ANSWERING:
        raise Forbidden(
            "what is kept about somebody is shown to him, to the security officer of the"
            " organisation that keeps it and to the authority over it",
            "个人信息由本人、保存机构的安全负责人及其主管部门查阅",
        )
    holders = {each.holder_id for each in held}
    orgs = await asked.desk.standings.of(Organization, holders)
    return [
        each
        for each in held
        if each.holder_id == reader.org_id
        or (
            (org := orgs.get(each.holder_id)) is not None
            and (home.covers(org.region_code) or org.deputy_id == reader.org_id)
        )
    ]


def _row(held: Held) -> PersonalDataRow:
    return PersonalDataRow(
        held.subject_id,
        held.command,
        held.field,
        held.holder_id,
        held.since.isoformat(timespec="seconds"),
        held.status,
        held.text,
    )
