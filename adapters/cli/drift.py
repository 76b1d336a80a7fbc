"""`hub drift`: build the views a second time and compare them with the live ones."""

import asyncio
from typing import Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.rebuild import progress_line


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(drift)


def drift(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Compare the views with the record, row by row; exit 1 where a row differs.

    What differs is recorded as an incident with the rows named; `hub rebuild` mends the views.
    """
    from adapters.drift import check
    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    with stack_for(settings, note) as addresses:
        found = asyncio.run(
            check(addresses.database_url, settings, note, progress=progress_line("comparing"))
        )
    facts: dict[str, Any] = {
        "position": found.position,
        "views": found.views,
        "rows": found.rows,
        "differing": found.differing,
        "named": [{"view": one.view, "key": one.key, "how": one.how} for one in found.named],
        "left_out": list(found.left_out),
    }

    def in_words() -> None:
        typer.echo(f"{found.views} views, {found.rows} rows at position {found.position}")
        for name in found.left_out:
            typer.echo(f"left out: {name} (it stands still or is being rebuilt)")
        for one in found.named:
            typer.echo(f"{one.how}: {one.view} {one.key}")
        typer.echo(f"{found.differing} rows differ from the record")

    answer(facts, as_json=as_json, in_words=in_words)
    if found.differing:
        raise typer.Exit(1)
