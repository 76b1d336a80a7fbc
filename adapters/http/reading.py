"""Who may read what, in one place (DOMAIN §3.4; Decree 809 §8, §38, §40; Audit Law §34–35).

Nothing is read without an account and a role. What is published is read by every officer; a
matter by its parties, by the authority over one of them, and by an auditor inside the engagement
he names. The operator runs the machine and reads what is published, no matter of anybody.
"""

from collections.abc import Sequence
from datetime import datetime

from adapters.http.standing import Reader, Standings
from hub.actor import Role
from hub.departments.calendar import local_day
from hub.departments.organization import Organization
from hub.errors import Forbidden
from hub.supervision.audit import Subject, may_read

OVERSEERS = frozenset(
    {
        Role.AUTHORITY_REVIEWER,
        Role.AUTHORITY_MEDIATOR,
        Role.AUTHORITY_SUPERVISOR,
        Role.GOVERNMENT,
    }
)
"""Roles that read the matters of the region they oversee."""
MANAGERS = frozenset({Role.DEPARTMENT_HEAD, Role.AUTHORITY_REVIEWER})
"""Roles that manage the accounts of their own organisation."""


def check_officer(reader: Reader) -> None:
    """Let every officer read what is published; raises Forbidden for an account without a role."""
    if not reader.roles:
        raise Forbidden(
            f"{reader.speaker.person_id} holds no role in {reader.org_id}; ask its head for an"
            " appointment",
            f"{reader.speaker.person_id}在{reader.org_id}未任职，请由部门负责人任命",
        )


def audits(reader: Reader, subject: Subject, at: datetime) -> bool:
    """Say whether an auditor reads a matter under the engagement he named."""
    engagement = reader.engagement
    return (
        engagement is not None
        and Role.AUDITOR in reader.roles
        and reader.org_id == engagement.auditor_id
        and reader.speaker.person_id in engagement.team
        and may_read(engagement, subject, at)
    )


async def sees(reader: Reader, standings: Standings, subject: Subject, at: datetime) -> bool:
    """Say whether a matter is open to the reader; `subject` names the departments concerned.

    A party reads it, the successor of a merged party, an overseer of one of them, the auditor.
    """
    if not reader.roles or reader.home is None:
        return False
    if reader.org_id in subject.department_ids or audits(reader, subject, at):
        return True
    parties = (await standings.of(Organization, subject.department_ids)).values()
    if any(each.successor_id == reader.org_id for each in parties):
        return True
    if not reader.roles & OVERSEERS:
        return False
    return any(
        reader.home.covers(each.region_code) or each.deputy_id == reader.org_id for each in parties
    )


async def check_sees(reader: Reader, standings: Standings, subject: Subject, at: datetime) -> None:
    """Refuse a reader to whom a matter is closed."""
    if not await sees(reader, standings, subject, at):
        raise Forbidden(
            "this is read only by the departments concerned, the authority over them and an"
            " auditor within the engagement named in Hub-Audit",
            "仅有关部门、其主管部门以及在 Hub-Audit 所列审计项目范围内的审计人员可以查阅",
        )


async def all_seen(
    reader: Reader, standings: Standings, subjects: Sequence[Subject], at: datetime
) -> list[bool]:
    """Say of each matter whether the reader sees it; the organisations are loaded once."""
    parties = {i for each in subjects for i in each.department_ids}
    await standings.of(Organization, parties)
    known: dict[Subject, bool] = {}
    for each in subjects:
        if each not in known:
            known[each] = await sees(reader, standings, each, at)
    return [known[each] for each in subjects]


async def whose(reader: Reader, standings: Standings, asked: str, at: datetime) -> str:
    """Return whose affairs a list is about: the department asked for, else the reader's own.

    One who oversees or audits and names none is asked for all, “”: what he may not see is left
    out line by line, also for an auditor who names one (his engagement may be of another year).
    Raises Forbidden for a department that is none of the reader's business.
    """
    check_officer(reader)
    if asked and reader.engagement is None:
        await check_sees(reader, standings, Subject(department_ids=(asked,), on=local_day(at)), at)
    return asked or ("" if is_wide(reader) else reader.org_id)


def is_wide(reader: Reader) -> bool:
    """Say whether somebody looks beyond his own department: he oversees or audits."""
    return bool(reader.roles & OVERSEERS) or reader.engagement is not None


async def check_manages(reader: Reader, standings: Standings, org_id: str, at: datetime) -> None:
    """Let accounts be managed by the head of the organisation, its authority, the operator."""
    if reader.speaker.standing is Role.OPERATOR:
        return
    if org_id == reader.org_id and reader.roles & MANAGERS:
        return
    subject = Subject(department_ids=(org_id,))
    if Role.AUTHORITY_REVIEWER in reader.roles and await sees(reader, standings, subject, at):
        return
    raise Forbidden(
        f"accounts of {org_id} are managed by its head, the authority over it or the operator",
        f"{org_id}的账号由其负责人、主管部门或平台运维管理",
    )
