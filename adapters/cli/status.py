"""`hub status`: where the record stands and what runs."""

from typing import TYPE_CHECKING, Any, LiteralString

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note

if TYPE_CHECKING:
    import psycopg

    from adapters.settings import Settings
    from adapters.stack.running import Addresses


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(status)


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say where the record stands and what runs."""
    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    with stack_for(settings, note) as addresses:
        facts = facts_of(settings, addresses)

    def in_words() -> None:
        for name, value in facts.items():
            shown = ("\n" + 20 * " ").join(_lines(value))
            typer.echo(f"{name.replace('_', ' '):<19} {shown}")

    answer(facts, as_json=as_json, in_words=in_words)


def facts_of(settings: "Settings", addresses: "Addresses") -> dict[str, Any]:
    """Collect what an operator asks first."""
    from adapters.migrate import pending
    from adapters.seal import board
    from projections.connect import connect
    from projections.positions import standings
    from projections.rebuild import replays

    missing = pending(addresses.database_url)
    facts: dict[str, Any] = {
        "home": str(settings.home),
        "http": addresses.http_url,
        "missing_migrations": missing,
        "position": None,
        "database_bytes": None,
        "seal": {},
        "projections": {},
        "pasts": [],
    }
    with connect(addresses.database_url, purpose="status") as connection:
        facts["database_bytes"] = _one(connection, "SELECT pg_database_size(current_database())")
        if not missing:
            facts["position"] = _one(connection, "SELECT position FROM record.log_head")
            facts["seal"] = {
                each.track: {"position": each.size, "parked": each.trouble}
                for each in board.standings(connection)
            }
            facts["projections"] = {
                each.name: {"position": each.position, "parked": each.parked_reason}
                for each in standings(connection)
            }
            facts["pasts"] = [f"{schema}: as of {shows}" for schema, shows in replays(connection)]
    return facts


def _one(connection: "psycopg.Connection", question: LiteralString) -> int:
    row = connection.execute(question).fetchone()
    return 0 if row is None else int(row[0])


def _lines(value: object) -> list[str]:
    if isinstance(value, dict):
        return [
            f"{name} {one['position']}" + (f" PARKED: {one['parked']}" if one["parked"] else "")
            for name, one in value.items()
        ] or ["-"]
    if isinstance(value, list):
        return [str(one) for one in value] or ["none"]
    return ["-" if value is None else str(value)]
