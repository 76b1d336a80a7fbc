"""`hub demo`: a made-up city lives one year through the public API, then serves."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse
from adapters.cli.up import PortOption

if TYPE_CHECKING:
    from adapters.demo.run import Lived
    from adapters.main import RunningHub

SeedOption = Annotated[int, typer.Option("--seed", help="Another seed makes another city.")]
ScaleOption = Annotated[
    float, typer.Option("--scale", min=0.01, max=20, help="Size of the year; 1 is a small city.")
]
ExitOption = Annotated[bool, typer.Option("--exit", help="Stop when the year is over.")]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(demo)


def demo(
    *,
    home: HomeOption = None,
    port: PortOption = None,
    seed: SeedOption = 1,
    scale: ScaleOption = 1.0,
    end: ExitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let a made-up city live one year, write its annual report, print what to look at.

    On a terminal it then serves until Ctrl-C; without one, or with --exit, it stops.
    """
    from adapters.cli.up import ended_by_signal
    from adapters.demo.run import DemoBroken, facts, lived_before
    from adapters.demo.witnesses import appoint, watching
    from adapters.main import running_hub
    from adapters.settings import load

    settings = load(home=home, port=port, history_import=True)
    appoint(settings)
    with (
        ended_by_signal() as stopped,
        running_hub(settings, note) as hub,
        watching(settings, hub.url, note) as witnesses,
    ):
        lived = lived_before(settings.home)
        try:
            lived = lived or _live(hub, settings.home, seed, scale)
        except DemoBroken as error:
            raise WrongUse(str(error)) from error
        seen = witnesses.await_witnessed(lived.events)
        shown = facts(lived, hub.url) | {"witnessed": seen}
        answer(shown, as_json=as_json, in_words=lambda: _in_words(shown))
        if not end and sys.stdout.isatty():
            note("Ctrl-C stops the hub; the city stays for the next `hub demo` or `hub up`.")
            hub.serve_until(stopped.wait)


def _live(hub: "RunningHub", home: Path, seed: int, scale: float) -> "Lived":
    """Live the year with a progress bar on a terminal, a line now and then elsewhere."""
    import asyncio

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from adapters.demo.run import live
    from adapters.demo.year import plan

    note(f"Planning the city's year (seed {seed}, scale {scale:g}) ...")
    year = plan(seed, scale)
    note(
        f"{year.entries} entries, {year.resources} resources, {year.requests} requests:"
        f" {len(year.steps)} steps through the API"
    )
    terminal = sys.stderr.isatty()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not terminal,
    )
    task = bar.add_task("a year in 云泽市", total=len(year.steps))
    told = 0

    def done(steps: int) -> None:
        nonlocal told
        told += steps
        bar.advance(task, steps)
        if not terminal and told % 2000 == 0:
            note(f"  {told} of {len(year.steps)} steps")

    with bar:
        return asyncio.run(live(hub, home, year, seed, scale, done))


def _in_words(shown: dict[str, Any]) -> None:
    url, home_report = shown["url"], shown["report"]
    typer.echo(
        f"\n{shown['city']}: one year in {shown['seconds']} s, {shown['events']} events,"
        f" {shown['refused']} wishes refused as they should be."
    )
    typer.echo(f"  hub         {url}\n  API docs    {url}/api/docs\n  report      {home_report}")
    typer.echo(f"\nAccounts of the demonstration (password {shown['password']}):")
    for person, who in shown["accounts"].items():
        typer.echo(f"  {person:<16} {who}")
    typer.echo("\nSix things to try:")
    for number, (words, *lines) in enumerate(things(shown), start=1):
        typer.echo("\n       ".join([f"  {number}. {words}", *lines]))


def things(shown: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return what to try, each with the lines that do it; every one can be copied as it stands."""
    url, case, home = shown["url"], shown["late_request"], Path(shown["report"]).parents[1]
    hub, here = sys.argv[0], f"--home {home}"
    login = f'{{"person_id": "data.supervisor", "password": "{shown["password"]}"'
    session = f"{url}/api/v1/identity/sessions -H 'Content-Type: application/json'"
    token = f"TOKEN=$(curl -s {session} -d '{login}}}' | cut -d'\"' -f4)"
    trail = f"{url}/api/v1/supervision/audit-trail?case_id={case}"
    return [
        (
            "Log in at the API docs (identity, Log in) with this body; read the request board.",
            f"{url}/api/docs",
            f'{login}, "cookie": true}}',
        ),
        ("Open the annual report; logged in so, every figure opens its events.", shown["report"]),
        (
            "Follow a request that was answered late, event by event.",
            token,
            f"curl -H \"Authorization: Bearer $TOKEN\" '{trail}'",
        ),
        (
            "See the city as it stood on 30 June.",
            f"{hub} replay --as-of 2025-06-30 --schema june {here}",
        ),
        (
            "See the log in which every event is sealed, and what the audit office saw of it.",
            f"{url}/log",
            f"{hub} witness status --home {home}/witnesses/audit.yunze",
        ),
        ("Ask how the hub is.", f"{hub} status {here} && {hub} doctor {here}"),
    ]
