"""`hub report annual`: the annual report of the city or a department, as one file."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note

if TYPE_CHECKING:
    from adapters.reports.gather import Report


class ReportFormat(StrEnum):
    """What the file is written as."""

    HTML = "html"
    JSON = "json"


YearArgument = Annotated[int, typer.Argument(min=2000, max=2100, help="The year reported on.")]
DepartmentOption = Annotated[
    str | None,
    typer.Option("--department", metavar="ID", help="Id of a department [default: the city]"),
]
FormatOption = Annotated[
    ReportFormat | None,
    typer.Option("--format", help="html or json [default: by the name of the file]"),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="File to write.")]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    group = typer.Typer(help="Write a report.", no_args_is_help=True)
    group.command("annual")(annual)
    app.add_typer(group, name="report")


def annual(
    year: YearArgument,
    output: OutputOption,
    department: DepartmentOption = None,
    written_as: FormatOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the annual report; once its year is over its figures are frozen for good."""
    import asyncio

    from adapters.main import bring_up_to_date
    from adapters.reports.gather import to_json
    from adapters.reports.page import to_html
    from adapters.reports.session import annual_report
    from adapters.settings import load
    from adapters.stack.running import stack_for

    with stack_for(load(home=home), note) as addresses:
        bring_up_to_date(addresses, note)
        report = asyncio.run(annual_report(addresses.database_url, year, department))
        links_to = addresses.http_url or ""
    as_page = written_as is ReportFormat.HTML or (
        written_as is None and output.suffix.lower() != ".json"
    )
    page = to_html(report, links_to=links_to).encode() if as_page else to_json(report)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(page)
    answer(_facts(report, output), as_json=as_json, in_words=lambda: _in_words(report, output))


def _facts(report: "Report", output: Path) -> dict[str, object]:
    return {
        "file": str(output),
        "year": report.year,
        "org_id": report.org_id,
        "status": report.status,
        "position": report.position,
        "indicator_set": report.indicator_set,
        "figures_sha256": report.figures_sha256,
        "figures": len(report.figures.figures),
    }


def _in_words(report: "Report", output: Path) -> None:
    typer.echo(f"{output}: {report.org_name}, {report.year}, {len(report.figures.figures)} figures")
    stand = "frozen" if report.frozen is not None else "interim (the year is not over)"
    typer.echo(f"  {stand} at position {report.position}, {report.figures_sha256}")
