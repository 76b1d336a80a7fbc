"""January: the city's report and a few departments' are drafted, frozen, reviewed, signed, filed."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from adapters.demo.client import City
from adapters.demo.names import AUTHORITY, CITY, GOVERNMENT
from adapters.demo.people import person
from adapters.demo.step import YEAR, Step, moment, org_id
from adapters.reports.gather import Report, to_json
from adapters.reports.page import to_html
from adapters.reports.session import annual_report

REPORTING = (AUTHORITY, "civil", "market", "tax")
"""Whose reports are filed; the other departments still have until the end of January."""
DRAFTED, FROZEN, FILED = date(2026, 1, 8), date(2026, 1, 9), date(2026, 1, 12)


async def file_reports(city: City, database_url: str, folder: Path, links_to: str) -> list[Path]:
    """File the reports and write the city's as HTML and JSON; return the files."""
    for number, key in enumerate(REPORTING):
        await city.say(_draft(key))
        department = None if key == AUTHORITY else org_id(key)
        await annual_report(database_url, YEAR, department, clock=_frozen_at)
        report = await annual_report(database_url, YEAR, department, clock=_frozen_at)
        for step in _sign_and_file(key, report.figures_sha256, number + 1):
            await city.say(step)
    report = await annual_report(database_url, YEAR, None, clock=_frozen_at)
    return _write(report, folder, links_to)


def _write(report: Report, folder: Path, links_to: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / f"annual-{YEAR}.html", folder / f"annual-{YEAR}.json"
    page.write_bytes(to_html(report, links_to=links_to).encode())
    data.write_bytes(to_json(report))
    return [page, data]


def _frozen_at() -> datetime:
    return moment(FROZEN, 0)


def _draft(key: str) -> Step:
    words = {
        "overview": f"{YEAR}年，{CITY}政务数据共享工作按照《政务数据共享条例》推进，"
        "目录、汇聚、申请、反馈全部线上办理并留痕。",
        "problems": "个别部门答复不够及时，部分数据更新滞后。",
        "next_steps": "推广无条件共享数据的预先同意，压缩答复时限；加强数据质量校核。",
    }
    return Step(
        at=moment(DRAFTED, 30),
        lane=f"report-{key}",
        who=person(key, "clerk"),
        path="supervision/draft-report",
        body={"org_id": org_id(key), "year": YEAR, **words},
    )


def _sign_and_file(key: str, figures_sha256: str, number: int) -> Iterator[Step]:
    ident = {"report_id": f"supervision.report:{YEAR}-{key}"}
    addressee = org_id(GOVERNMENT if key == AUTHORITY else AUTHORITY)
    acts = (
        ("office", "review-report", {"note": "数据核对无误"}),
        ("head", "sign-report", {"figures_sha256": figures_sha256}),
        (
            "office",
            "file-report",
            {"addressee_id": addressee, "filing_number": f"云数报〔2026〕{number}号"},
        ),
    )
    for minute, (office, verb, body) in enumerate(acts):
        yield Step(
            at=moment(FILED, 60 + minute * 30),
            lane=f"report-{key}",
            who=person(key, office),
            path=f"supervision/{verb}",
            body={**ident, **body},
        )
