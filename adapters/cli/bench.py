"""`hub bench`: what this machine does, each measure beside a named yardstick of the same run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.bench.figure import Figure
    from adapters.bench.suite import Size
    from adapters.settings import Settings

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Which benches [default: all].")
]
QuickOption = Annotated[
    bool, typer.Option("--quick", help="Small and short: to see that they run, not how fast.")
]
DemoOption = Annotated[
    float | None,
    typer.Option(
        "--demo", metavar="SCALE", help="Let `cost` also state the memory after such a demo."
    ),
]
IntoOption = Annotated[
    Path | None,
    typer.Option("--into", metavar="FILE", help="Put the table between the marks in this file."),
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(bench)


def bench(
    *,
    names: NamesArgument = None,
    quick: QuickOption = False,
    demo: DemoOption = None,
    into: IntoOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the record, the projections and the API, as ratios on this machine.

    On a PostgreSQL of its own that writes every commit to the disk of the home; the home's record
    is not touched. All of them take several minutes.
    """
    from msgspec import to_builtins

    from adapters.bench.figure import BEGIN, page_with
    from adapters.bench.suite import BENCHES, Size, machine
    from adapters.settings import load

    unknown = [name for name in names or () if name not in BENCHES]
    if unknown:
        raise WrongUse(f"There is no bench {', '.join(unknown)}. There are {', '.join(BENCHES)}.")
    page = None if into is None else into.read_text(encoding="utf-8")
    if page is not None and (names or quick or BEGIN not in page):
        raise WrongUse(f"--into takes all benches at full size and a file with the line {BEGIN}")
    found = _measured(list(names or BENCHES), load(home=home), Size(quick, demo))
    facts = {
        "machine": machine(),
        "quick": quick,
        "measures": [
            {"bench": name, **to_builtins(one), "reached": one.reached} for name, one in found
        ],
    }
    figures = [one for _, one in found]
    if into is not None and page is not None:
        into.write_text(page_with(page, machine(), figures), encoding="utf-8")
    answer(facts, as_json=as_json, in_words=lambda: _in_words(figures))


def _measured(names: list[str], settings: "Settings", size: "Size") -> "list[tuple[str, Figure]]":
    from adapters.bench.scratch import scratch
    from adapters.bench.suite import BENCHES

    found: list[tuple[str, Figure]] = []
    with scratch(settings) as place:
        for name in names:
            note(f"{name} ...")
            found += [(name, figure) for figure in BENCHES[name](place, size)]
    return found


def _in_words(figures: "list[Figure]") -> None:
    from adapters.bench.figure import COLUMNS, table

    lines = [COLUMNS, *table(figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
