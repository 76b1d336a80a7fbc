"""`hub status`: where the record stands and what runs."""

from typing import TYPE_CHECKING, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note

if TYPE_CHECKING:
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
            shown = "\n             ".join(_lines(value))
            typer.echo(f"{name:<12} {shown}")

    answer(facts, as_json=as_json, in_words=in_words)


def facts_of(settings: "Settings", addresses: "Addresses") -> dict[str, Any]:
    """Collect what an operator asks first."""
    import psycopg

    from adapters.migrate import pending

    missing = pending(addresses.database_url)
    facts: dict[str, Any] = {
        "home": str(settings.home),
        "http": addresses.http_url,
        "missing_migrations": missing,
        "position": None,
        "database_bytes": None,
    }
    with psycopg.connect(addresses.database_url) as connection:
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        facts["database_bytes"] = None if size is None else size[0]
        if not missing:
            head = connection.execute("SELECT position FROM record.log_head").fetchone()
            facts["position"] = 0 if head is None else head[0]
    return facts


def _lines(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{key} {one}" for key, one in value.items()] or ["-"]
    if isinstance(value, list):
        return [str(one) for one in value] or ["none"]
    return ["-" if value is None else str(value)]
