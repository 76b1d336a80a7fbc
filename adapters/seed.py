"""What a new hub knows before anybody speaks: work calendars and the national laws.

Every item is a command with an id of its own, so that sowing twice changes nothing. A year whose
notice the `holidays` library does not know yet is sown provisional: statutory days, no make-up
days; the authority publishes the final calendar when the State Council Office's notice is out.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import holidays

from hub.actor import Role, Speaker, Via
from hub.command import Command
from hub.departments.calendar import business_year
from hub.departments.commands import EstablishAuthority, PublishWorkCalendar, RegisterLegalBasis
from hub.departments.kinds import LegalRank
from hub.errors import Conflict
from hub.execute import Hub, Receipt

SOWER = Speaker("hub", "operator", Via.CLI, standing=Role.OPERATOR)
FIRST_YEAR = 2020
"""Migrated history seldom needs older working days; the authority may publish them."""
YEARS_AHEAD = 2
_SATURDAY = 5

_CONGRESS = (LegalRank.LAW, "全国人民代表大会常务委员会")
_COUNCIL = (LegalRank.ADMINISTRATIVE_REGULATION, "国务院")
LAWS = (
    ("decree-809", "政务数据共享条例", "国务院令第809号", "2025-08-01", _COUNCIL),
    ("data-security-law", "中华人民共和国数据安全法", "主席令第84号", "2021-09-01", _CONGRESS),
    ("personal-information-law", "中华人民共和国个人信息保护法", "", "2021-11-01", _CONGRESS),
    ("audit-law", "中华人民共和国审计法", "", "2022-01-01", _CONGRESS),
    ("secrets-law", "中华人民共和国保守国家秘密法", "", "2024-05-01", _CONGRESS),
    ("statistics-law", "中华人民共和国统计法", "", "2010-01-01", _CONGRESS),
    ("tax-collection-law", "中华人民共和国税收征收管理法", "", "2001-05-01", _CONGRESS),
    ("online-service-rules", "国务院关于在线政务服务的若干规定", "", "2019-04-26", _COUNCIL),
    ("network-data-regulation", "网络数据安全管理条例", "", "2025-01-01", _COUNCIL),
    ("government-information", "中华人民共和国政府信息公开条例", "", "2019-05-15", _COUNCIL),
)
"""Key, title, number, in force from, rank and issuer; a number left out is one not verified."""


async def found(hub: Hub, command: EstablishAuthority, at: datetime) -> Receipt:
    """Sow, then found the hub with its first authority."""
    await sow(hub, at)
    return await hub.execute(command, SOWER, at, command_id=f"founding-{command.org_id}")


async def sow(hub: Hub, at: datetime) -> int:
    """Record what is missing of the seed; return how many facts were new."""
    new = 0
    for command_id, command in seeds(business_year(at)):
        try:
            receipt = await hub.execute(command, SOWER, at, command_id=command_id)
        except Conflict:
            continue  # the authority was faster with its own
        new += not receipt.repeated
    return new


def seeds(year: int) -> Iterator[tuple[str, Command]]:
    """Yield the seed's commands with their ids for a hub started in a year."""
    for key, title, number, since, (rank, issuer) in LAWS:
        yield (
            f"seed-law-{key}",
            RegisterLegalBasis(
                legal_basis_id=f"departments.legal_basis:{key}",
                title=title,
                number=number,
                rank=rank,
                issuer=issuer,
                valid_from=date.fromisoformat(since),
            ),
        )
    for each in range(FIRST_YEAR, year + YEARS_AHEAD + 1):
        calendar = calendar_of(each)
        state = "provisional" if calendar.provisional else "final"
        yield f"seed-calendar-{each}-{state}", calendar


def calendar_of(year: int) -> PublishWorkCalendar:
    """Return a year's calendar; one without make-up days is a guess and says so."""
    china = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    makeup = tuple(d for d in days if d.weekday() >= _SATURDAY and china.is_working_day(d))
    off = tuple(d for d in days if d.weekday() < _SATURDAY and not china.is_working_day(d))
    return PublishWorkCalendar(
        year=year,
        holidays=off,
        makeup_days=makeup,
        document=f"国务院办公厅关于{year}年部分节假日安排的通知"
        if makeup
        else "全国年节及纪念日放假办法(2024年修订),调休待通知",
        provisional=not makeup,
    )
