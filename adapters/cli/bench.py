"""`hub bench`: what this machine does, each measure beside a named yardstick of the same run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.bench.figure import Figure
    from adapters.bench.suite import Size
    from adapters.settings import Settings

BEGIN, END = "<!-- hub bench: begin -->\n", "<!-- hub bench: end -->\n"
"""Between these marks of a Markdown file stands what `--into` writes."""

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
    is not touched. All of them take some ten minutes.
    """
    from msgspec import to_builtins

    from adapters.bench.suite import BENCHES, Size, machine
    from adapters.settings import load

    unknown = [name for name in names or () if name not in BENCHES]
    if unknown:
        raise WrongUse(f"There is no bench {', '.join(unknown)}. There are {', '.join(BENCHES)}.")
    if into is not None and (names or quick or BEGIN not in into.read_text(encoding="utf-8")):
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
    if into is not None:
        _write(into, facts["machine"], figures)
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


def _write(into: Path, machine: Any, figures: "list[Figure]") -> None:
    from datetime import UTC, datetime

    from adapters.bench.figure import markdown

    before, _, rest = into.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    on = ", ".join(f"{name} {value}" for name, value in machine.items())
    words = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {on}.\n\n"
    into.write_text(f"{before}{BEGIN}\n{words}{markdown(figures)}\n{END}{after}", encoding="utf-8")
