"""One report from the command line: whose, at which position, frozen now or before.

A report that is not frozen yet is frozen at the position the hub has reached, once its year is
over; before, its figures are interim and nothing is recorded. A frozen report is counted again at
its own position and printed only when the digest is the one that was frozen.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from adapters.record.postgres import PostgresRecord
from adapters.reports.gather import Report, gather
from hub.actor import Role, Speaker, Via
from hub.departments.calendar import business_year
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict, NotFound
from hub.execute import Hub
from hub.supervision.commands import DraftReport, FreezeReport
from hub.supervision.kinds import ReportStatus
from projections.annual_facts import ANNUAL_FACTS
from projections.annual_reports import ANNUAL_REPORTS, AnnualReportRow, report_on
from projections.catch_up import catch_up
from projections.connect import connect
from projections.directory import DIRECTORY
from projections.figures import INDICATOR_SET

OPERATOR = Speaker("hub", "operator", Via.CLI, standing=Role.OPERATOR)
"""The command line prepares a report; reviewing, signing and filing need the officers."""
_VIEWS = (DIRECTORY, ANNUAL_FACTS, ANNUAL_REPORTS)
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


async def annual_report(
    database_url: str, year: int, department: str | None, *, clock: Clock = _now
) -> Report:
    """Return the report on a year of a department or, without one, of the city."""
    with connect(database_url, purpose="report") as connection:
        position = _catch_up(connection)
        org_id, department_id = _whose(connection, department)
        row = report_on(connection, org_id, year)
        if (row is None or row.frozen is None) and business_year(clock()) > year:
            row = await _freeze(
                connection, database_url, year, org_id, department_id, position, clock
            )
        frozen = row.frozen if row is not None else None
        if frozen is not None and frozen.indicator_set != INDICATOR_SET:
            raise Conflict(
                f"this report was frozen with the indicator set {frozen.indicator_set}; this"
                f" program counts by {INDICATOR_SET}: print it with the program of that time",
                f"本报告按指标集{frozen.indicator_set}冻结，当前程序为{INDICATOR_SET}，"
                "请使用当时版本的程序输出",
            )
        report = gather(
            connection,
            row,
            year=year,
            org_id=org_id,
            department_id=department_id,
            position=position if frozen is None else frozen.last_event_position,
            frozen=frozen,
        )
    if frozen is not None and report.figures_sha256 != frozen.figures_sha256:
        raise Conflict(
            f"the figures counted again at {report.position} are {report.figures_sha256}, frozen"
            f" were {frozen.figures_sha256}: run `hub rebuild annual_facts`, and if they still"
            " differ, `hub verify`",
            f"按位置{report.position}重新统计的摘要与冻结值不一致，请先重建年报指标事实，"
            "仍不一致则校验卷宗",
        )
    return report


def _catch_up(connection: psycopg.Connection) -> int:
    caught = catch_up(connection, _VIEWS)
    if caught.parked:
        names = ", ".join(one.name for one in caught.parked)
        raise Conflict(
            f"{names} is parked and does not show the whole record; see `hub status`",
            f"{names}已暂停更新，数据不完整，请查看运行状态",
        )
    return caught.position


def _whose(connection: psycopg.Connection, department: str | None) -> tuple[str, str]:
    """Return whose report it is and the department counted: '' for the city, its authority's."""
    row = connection.execute(
        """
        SELECT org_id, kind
          FROM directory
         WHERE CASE WHEN %(department)s::text IS NULL
                    THEN kind = %(authority)s AND active
                    ELSE org_id = %(department)s END
         ORDER BY registered_at, org_id
         LIMIT 1
        """,
        {"department": department, "authority": OrganizationKind.AUTHORITY},
    ).fetchone()
    if row is None:
        raise NotFound(
            f"there is no organisation {department}; check the id"
            if department
            else "this hub has no authority yet, so there is no city to report on",
            f"不存在机构{department}" if department else "本系统尚未建立主管部门",
        )
    city = row[1] == OrganizationKind.AUTHORITY
    return row[0], "" if city else row[0]


async def _freeze(
    connection: psycopg.Connection,
    database_url: str,
    year: int,
    org_id: str,
    department_id: str,
    position: int,
    clock: Clock,
) -> AnnualReportRow | None:
    """Freeze the report at the position reached; draft it first where nobody has."""
    row = report_on(connection, org_id, year)
    counted = gather(
        connection,
        None,
        year=year,
        org_id=org_id,
        department_id=department_id,
        position=position,
        frozen=None,
    )
    draft = DraftReport(org_id=org_id, year=year)
    version = 1 if row is None else row.version
    freeze = FreezeReport(
        report_id=draft.report_id,
        last_event_position=position,
        indicator_set=counted.indicator_set,
        figures_sha256=counted.figures_sha256,
    )
    async with PostgresRecord(database_url) as record:
        hub = Hub(record)
        at = clock()
        if row is None or row.status is not ReportStatus.DRAFT:
            await hub.execute(draft, OPERATOR, at, command_id=f"draft-{draft.report_id}-{version}")
        await hub.execute(
            freeze, OPERATOR, at, command_id=f"freeze-{draft.report_id}-{version}-{position}"
        )
    _catch_up(connection)
    return report_on(connection, org_id, year)
