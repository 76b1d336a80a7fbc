"""`hub rebuild`: build projections anew from the record, beside the live ones."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from projections.projection import Projection

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Projections [default: all].")
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(rebuild)


def rebuild(
    names: NamesArgument = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Build projections anew from the record.

    Everybody goes on reading the old rows until the new ones take their place; a projection that
    stood still before an event goes on, if its fault is mended.
    """
    from time import perf_counter

    from adapters.settings import load
    from adapters.stack.running import stack_for
    from projections.connect import connect
    from projections.rebuild import rebuild as build
    from projections.registry import PROJECTIONS

    wanted = chosen(names or [], PROJECTIONS)
    with (
        stack_for(load(home=home), note) as addresses,
        connect(addresses.database_url, purpose="rebuild") as connection,
    ):
        start = perf_counter()
        caught = build(connection, wanted, progress=progress_line("rebuilding"))
        seconds = perf_counter() - start
    facts: dict[str, Any] = {
        "projections": [projection.name for projection in wanted],
        "position": caught.position,
        "pairs": caught.pairs,
        "seconds": round(seconds, 3),
    }

    def in_words() -> None:
        typer.echo(f"built {len(wanted)} projections up to position {caught.position}")
        typer.echo(f"{seconds:.1f} s; put in place: {', '.join(facts['projections'])}")

    answer(facts, as_json=as_json, in_words=in_words)


def chosen(names: list[str], known: "tuple[Projection[Any], ...]") -> "list[Projection[Any]]":
    """Return the projections of these names, all if none is named."""
    by_name = {projection.name: projection for projection in known}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise WrongUse(
            f"There is no projection {', '.join(unknown)}. There are: {', '.join(sorted(by_name))}."
        )
    return [by_name[name] for name in dict.fromkeys(names)] or list(known)


def progress_line(doing: str) -> Callable[[int, int], None]:
    """Return what keeps one line on a terminal up to date; elsewhere it says nothing."""

    def show(position: int, goal: int) -> None:
        if sys.stderr.isatty():
            share = 100 * position // max(goal, 1)
            end = "\n" if position >= goal else ""
            sys.stderr.write(f"\r{doing}: position {position} of {goal} ({share} %){end}")
            sys.stderr.flush()

    return show
