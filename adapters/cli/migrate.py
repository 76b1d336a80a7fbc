"""`hub migrate`: bring the database to the schema of this version."""

from typing import Annotated

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

CheckOption = Annotated[
    bool, typer.Option("--check", help="Change nothing; exit 1 if files are missing.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(migrate)


def migrate(
    home: HomeOption = None, as_json: JsonOption = False, check: CheckOption = False
) -> None:
    """Bring the database to this version's schema."""
    from adapters.migrate import migrate as apply
    from adapters.migrate import pending
    from adapters.settings import load
    from adapters.stack.running import stack_for

    with stack_for(load(home=home), note) as addresses:
        if check:
            names = pending(addresses.database_url)
        elif addresses.owner_url is None:
            raise WrongUse(
                "HUB_DATABASE_URL is set but HUB_DATABASE_OWNER_URL is not. Migrations run as "
                "the role that owns the tables: set it to the same database for hub_owner."
            )
        else:
            names = apply(addresses.owner_url)

    def in_words() -> None:
        for name in names:
            typer.echo(f"{'missing' if check else 'applied'}  {name}")
        if not names:
            typer.echo("The schema is up to date.")

    answer({"missing" if check else "applied": names}, as_json=as_json, in_words=in_words)
    if check and names:
        raise typer.Exit(1)
