"""`hub init` and `hub account`: the first authority, the first accounts, keys and passwords.

Everything later goes through the API; these verbs are for the machine's operator, who has no
account yet or helps somebody who lost a password. A secret is printed once and kept as a hash.
"""

import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import psycopg

    from hub.execute import Receipt

OPERATOR_ORG = "hub"
PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from stdin; else one is made up."),
]
OrgOption = Annotated[str, typer.Option("--org", help="Organisation: departments.organization:…")]
NameOption = Annotated[str, typer.Option("--name", help="Name shown for the person.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    accounts = typer.Typer(help="Open accounts, set passwords, make API keys.")
    accounts.command("open")(open_)
    accounts.command()(password)
    accounts.command()(api_key)
    app.command()(init)
    app.add_typer(accounts, name="account")


def init(  # noqa: PLR0913 - one option each for what the founding must say
    *,
    org_id: OrgOption,
    name: Annotated[str, typer.Option("--name", help="Name of the first authority.")],
    uscc: Annotated[str, typer.Option("--uscc", help="Its unified social credit code.")],
    region_code: Annotated[str, typer.Option("--region", help="Its region, GB/T 2260.")],
    head_id: Annotated[
        str, typer.Option("--head", help="Key of its head, e.g. data.head; no name.")
    ],
    head_name: Annotated[str, typer.Option("--head-name", help="Name of its head.")] = "",
    home: HomeOption = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonOption = False,
) -> None:
    """Found the hub: work calendars, national laws, the first authority, its head's account."""
    import asyncio

    from hub.departments.commands import EstablishAuthority

    command = EstablishAuthority(
        org_id=org_id, name=name, uscc=uscc, region_code=region_code, head_id=head_id
    )
    secret = _password(password_stdin)
    with _database(home) as (url, connection):
        receipt = asyncio.run(found(url, command))
        _open(connection, head_id, org_id, head_name or head_id, secret)
    facts = {"authority": org_id, "head": head_id, "position": receipt.position}
    _tell(facts | _shown(secret, password_stdin), as_json)


async def found(url: str, command: Any, at: "datetime | None" = None) -> "Receipt":
    """Sow calendars and laws, then found the authority, on the record at this address.

    `at` is the legal time where a history is imported; now otherwise.
    """
    from datetime import UTC, datetime

    from adapters import seed
    from adapters.record.postgres import PostgresRecord
    from hub.execute import Hub

    async with PostgresRecord(url) as record:
        return await seed.found(Hub(record), command, at or datetime.now(UTC))


def open_(
    person_id: str,
    *,
    name: NameOption,
    org: OrgOption = OPERATOR_ORG,
    adapter: Annotated[
        bool, typer.Option("--adapter", help="For a machine, not a person.")
    ] = False,
    operator: Annotated[bool, typer.Option("--operator", help="For who runs the hub.")] = False,
    home: HomeOption = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonOption = False,
) -> None:
    """Open an account; its roles are given by appointment (AppointOfficer), not here."""
    secret = None if adapter else _password(password_stdin)
    with _database(home) as (_, connection):
        _open(connection, person_id, org, name, secret, adapter=adapter, operator=operator)
    _tell({"account": person_id, "org_id": org} | _shown(secret, password_stdin), as_json)


def password(
    person_id: str,
    home: HomeOption = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonOption = False,
) -> None:
    """Set a new password; all sessions of the account end."""
    from adapters.identity.accounts import set_password
    from adapters.identity.passwords import hash_password

    secret = _password(password_stdin)
    with _database(home) as (_, connection):
        set_password(connection, person_id, hash_password(secret))
    _tell({"account": person_id} | _shown(secret, password_stdin), as_json)


def api_key(
    person_id: str,
    label: Annotated[str, typer.Option("--label", help="What the key is for.")] = "hub account",
    days: Annotated[int | None, typer.Option("--days", help="Ends after so many days.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API key; it is shown only now."""
    from adapters.identity.accounts import find_account
    from adapters.identity.credentials import create_api_key

    with _database(home) as (_, connection):
        find_account(connection, person_id)
        key = create_api_key(connection, person_id, label, days)
    _tell({"account": person_id, "api_key": key}, as_json)


def _open(
    connection: "psycopg.Connection",
    person_id: str,
    org_id: str,
    name: str,
    secret: str | None,
    *,
    adapter: bool = False,
    operator: bool = False,
) -> None:
    from adapters.identity.accounts import Kind, create_account
    from adapters.identity.passwords import hash_password
    from hub.actor import Role

    create_account(
        connection,
        person_id,
        org_id,
        name,
        kind=Kind.ADAPTER if adapter else Kind.PERSON,
        standing=Role.OPERATOR if operator else None,
        password_hash=None if secret is None else hash_password(secret),
    )


@contextmanager
def _database(home: Any) -> "Iterator[tuple[str, psycopg.Connection]]":
    """Open the hub's database, starting the embedded one where none runs."""
    import psycopg

    from adapters.migrate import migrate
    from adapters.settings import load
    from adapters.stack.running import stack_for

    with stack_for(load(home=home), note) as addresses:
        if addresses.owner_url is not None:
            migrate(addresses.owner_url)
        with psycopg.connect(addresses.database_url) as connection:
            yield addresses.database_url, connection


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else secrets.token_urlsafe(12)


def _shown(secret: str | None, from_stdin: bool) -> dict[str, str]:
    return {} if secret is None or from_stdin else {"password": secret}


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    def in_words() -> None:
        for name, value in facts.items():
            typer.echo(f"{name:<12} {value}")

    answer(facts, as_json=as_json, in_words=in_words)
