"""`hub replay`: the views as they stood at a position or on a day, in a schema of their own."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.rebuild import progress_line
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from projections.catch_up import Caught

UntilOption = Annotated[
    int | None, typer.Option("--until", metavar="POSITION", min=0, help="After this position.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="What had happened in law by then: 2026-06-30 (end of that day in China) or a time.",
    ),
]
SchemaOption = Annotated[
    str, typer.Option("--schema", help="Where to build it; an earlier replay there is replaced.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(replay)


def replay(
    schema: SchemaOption,
    until: UntilOption = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the views as they stood at a position or on a day.

    Every question works there: `SET search_path TO <schema>` in psql, or `as_of` over HTTP.
    """
    if (until is None) == (as_of is None):
        raise WrongUse("Say either --until POSITION or --as-of TIME.")
    moment = None if as_of is None else moment_of(as_of)
    caught = _built(schema, until, moment, home)
    facts: dict[str, Any] = {
        "schema": schema,
        "position": caught.position,
        "as_of": None if moment is None else moment.isoformat(),
        "parked": {one.name: one.parked_reason for one in caught.parked},
    }

    def in_words() -> None:
        typer.echo(f"schema {schema}: the views as of position {caught.position}")
        typer.echo(f"look at them with: SET search_path TO {schema};")
        for name, reason in facts["parked"].items():
            typer.echo(f"{name} is incomplete: {reason}")

    answer(facts, as_json=as_json, in_words=in_words)
    if caught.parked:
        raise typer.Exit(1)


def _built(schema: str, until: int | None, moment: datetime | None, home: Path | None) -> "Caught":
    from adapters.settings import load
    from adapters.stack.running import stack_for
    from projections.connect import connect
    from projections.rebuild import replay as build
    from projections.registry import PROJECTIONS

    with (
        stack_for(load(home=home), note) as addresses,
        connect(addresses.database_url, purpose="replay") as connection,
    ):
        return build(
            connection,
            PROJECTIONS,
            schema,
            until=until,
            as_of=moment,
            progress=progress_line("replaying"),
        )


def moment_of(text: str) -> datetime:
    """Return the moment meant: a day is over at its 24:00 in China, a bare time is China's."""
    from projections import moment

    try:
        return moment.moment_of(text)
    except ValueError as error:
        raise WrongUse(
            f"“{text}” is not a time; write 2026-06-30 or 2026-06-30T17:30:00+08:00."
        ) from error
