"""`hub import catalog`: take over existing catalogues, entry by entry, with the reason for each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.catalogues.importing import FileReport, Outcome

SHOWN_MAX = 10
"""Entries named per outcome on a terminal; `--json` has them all."""

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Catalogue files.")]
AuthorityOption = Annotated[
    str | None,
    typer.Option("--authority", help="Id of the authority that imports [default: the first one]"),
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    group = typer.Typer(help="Take over what exists elsewhere.", no_args_is_help=True)
    group.command("catalog")(catalog)
    app.add_typer(group, name="import")


def catalog(
    files: FilesArgument,
    authority: AuthorityOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import catalogues: DCAT-US data.json, or XLSX in the columns of the compiling guide."""
    import asyncio

    from msgspec import to_builtins

    from adapters.catalogues.candidate import UnreadableCatalogueError
    from adapters.catalogues.reading import read
    from adapters.catalogues.session import import_files
    from adapters.main import bring_up_to_date
    from adapters.settings import load
    from adapters.stack.running import stack_for

    try:
        read_files = [read(path) for path in files]
    except UnreadableCatalogueError as error:
        raise WrongUse(str(error)) from error
    with stack_for(load(home=home), note) as addresses:
        bring_up_to_date(addresses, note)
        reports = asyncio.run(
            import_files(addresses.database_url, read_files, authority, _progress)
        )
    answer({"files": to_builtins(reports)}, as_json=as_json, in_words=lambda: _in_words(reports))


def _progress(file: str, total: int) -> Any:
    """Return a progress bar on a terminal, and nothing to look at elsewhere."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    bar.add_task(file, total=total)
    return bar


def _in_words(reports: "list[FileReport]") -> None:
    for report in reports:
        typer.echo(
            f"{report.file}: {report.entries} entries: {report.published} published,"
            f" {len(report.drafted)} drafted, {len(report.refused)} refused,"
            f" {report.unchanged} unchanged"
        )
        for title, outcomes in (
            ("drafted", report.drafted),
            ("refused", report.refused),
            ("published, but altered", report.altered),
        ):
            _list(title, outcomes)


def _list(title: str, outcomes: "list[Outcome]") -> None:
    for outcome in outcomes[:SHOWN_MAX]:
        typer.echo(f"  {title}: {outcome.title or outcome.external_id}")
        for reason in outcome.reasons:
            typer.echo(f"      {reason}")
    if len(outcomes) > SHOWN_MAX:
        typer.echo(f"  {title}: and {len(outcomes) - SHOWN_MAX} more (--json lists all)")
