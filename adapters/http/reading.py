"""Who may read what, in one place (DOMAIN §3.4; Decree 809 §8, §38, §40).

Nothing is read without an account. What is published is read by every officer; a case by its
parties and the authority over one of them; an organisation's own affairs by itself and the
authority over it. The operator runs the machine and reads no case.
"""

from collections.abc import Iterable

from adapters.http.standing import Reader, Standings
from hub.actor import Role
from hub.errors import Forbidden

OVERSEERS = frozenset(
    {
        Role.AUTHORITY_REVIEWER,
        Role.AUTHORITY_MEDIATOR,
        Role.AUTHORITY_SUPERVISOR,
        Role.GOVERNMENT,
    }
)
"""Roles that read the cases of the region they oversee."""
APPOINTERS = frozenset({Role.DEPARTMENT_HEAD})


def check_officer(reader: Reader) -> None:
    """Let every officer read what is published; raises Forbidden for an account without a role."""
    if not reader.roles:
        raise Forbidden(
            f"{reader.speaker.person_id} holds no role in {reader.org_id}; ask its head for an"
            " appointment",
            f"{reader.speaker.person_id}在{reader.org_id}未任职，请由部门负责人任命",
        )


async def sees(reader: Reader, standings: Standings, *parties: str) -> bool:
    """Say whether a case between these organisations is open to the reader.

    A party reads it, the successor of a merged party, and an overseer of one of them.
    """
    if not reader.roles or reader.home is None:
        return False
    if reader.org_id in parties:
        return True
    organisations = (await standings.of(parties)).values()
    if any(each.successor_id == reader.org_id for each in organisations):
        return True
    if not reader.roles & OVERSEERS:
        return False
    return any(
        reader.home.covers(each.region_code) or each.deputy_id == reader.org_id
        for each in organisations
    )


async def check_sees(reader: Reader, standings: Standings, *parties: str) -> None:
    """Refuse a reader to whom a case between these organisations is closed."""
    if not await sees(reader, standings, *parties):
        raise Forbidden(
            "this is read only by the departments concerned and the authority over them",
            "仅有关部门及其主管部门可以查阅",
        )


async def department_seen(reader: Reader, standings: Standings, asked: str) -> str:
    """Return whose affairs are to be listed: the department asked for, else one's own.

    An overseer who names none sees all his region and gets “”. Raises Forbidden for a department
    that is none of the reader's business.
    """
    check_officer(reader)
    if asked:
        await check_sees(reader, standings, asked)
        return asked
    return "" if reader.roles & OVERSEERS else reader.org_id


async def only_seen(
    reader: Reader, standings: Standings, parties: Iterable[tuple[str, ...]]
) -> list[bool]:
    """Say of each case, by its parties, whether the reader sees it: one load for all."""
    wanted = list(parties)
    await standings.of({org_id for each in wanted for org_id in each})
    return [await sees(reader, standings, *each) for each in wanted]


async def check_manages(reader: Reader, standings: Standings, org_id: str) -> None:
    """Let accounts be managed by the head of the organisation, its authority, the operator."""
    if reader.speaker.standing is Role.OPERATOR:
        return
    if org_id == reader.org_id and reader.roles & (APPOINTERS | {Role.AUTHORITY_REVIEWER}):
        return
    if Role.AUTHORITY_REVIEWER in reader.roles and await sees(reader, standings, org_id):
        return
    raise Forbidden(
        f"accounts of {org_id} are managed by its head, the authority over it or the operator",
        f"{org_id}的账号由其负责人、主管部门或平台运维管理",
    )
