"""`hub doctor`: look at everything the hub needs and say what is wrong with each."""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import in_words as trouble_in_words
from adapters.stack.problem import StackProblem

if TYPE_CHECKING:
    from adapters.settings import Settings
    from adapters.stack.running import Addresses

PYTHON_MIN = (3, 11)
NATS_SECONDS_MAX = 3
# The board keeps every checkpoint of the last hour: a minute less, or the first would be gone.
UNWITNESSED_MINUTES_MAX = 59
Check = tuple[str, Callable[[], str]]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(doctor)


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Look at everything the hub needs.

    The machine, the home, PostgreSQL, NATS and the privileges on the record; exit 1 if
    anything is wrong.
    """
    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    found = [_looked_at(check) for check in _machine(settings)]
    try:
        with stack_for(settings, note) as addresses:
            found.extend(_looked_at(check) for check in _servers(addresses))
            found.append(_looked_at(("witnesses", lambda: _witnesses(settings, addresses))))
    except Exception as error:  # noqa: BLE001 - a doctor reports what ails, whatever it is
        found.append({"what": "servers", "well": False, "finding": trouble_in_words(error)[0]})

    def in_words() -> None:
        for one in found:
            typer.echo(f"{'ok   ' if one['well'] else 'WRONG'}  {one['what']:<12} {one['finding']}")

    answer(found, as_json=as_json, in_words=in_words)
    if not all(one["well"] for one in found):
        raise typer.Exit(1)


def _looked_at(check: Check) -> dict[str, object]:
    what, look = check
    try:
        return {"what": what, "well": True, "finding": look()}
    except Exception as error:  # noqa: BLE001 - the same
        return {"what": what, "well": False, "finding": trouble_in_words(error)[0]}


def _machine(settings: "Settings") -> list[Check]:
    from adapters.stack.account import servers_account
    from adapters.stack.home import Home

    def python() -> str:
        if sys.version_info < PYTHON_MIN:
            raise StackProblem(f"Python {sys.version.split()[0]} is too old; 3.11 is needed")
        return sys.version.split()[0]

    def account() -> str:
        of_servers = servers_account()
        who = f"user {os.geteuid()}"
        return who if of_servers is None else f"root; servers run as {of_servers.name}"

    def disk() -> str:
        Home(settings.home).make(settings.disk_free_mb_min)
        return f"{shutil.disk_usage(settings.home).free // 1_000_000} MB free at {settings.home}"

    return [("python", python), ("account", account), ("home", disk)]


def _servers(addresses: "Addresses") -> list[Check]:
    import psycopg

    from adapters.migrate import pending

    def ask(question: bytes) -> str:
        with psycopg.connect(addresses.database_url) as connection:
            row = connection.execute(question).fetchone()
        return "" if row is None else str(row[0])

    def schema() -> str:
        missing = pending(addresses.database_url)
        if missing:
            raise StackProblem(f"missing {', '.join(missing)}; run `hub migrate`")
        return "up to date"

    def record() -> str:
        if ask(b"SELECT to_regclass('record.events')") == "None":
            raise StackProblem("there is no record yet; run `hub migrate`")
        rights = b"SELECT has_table_privilege('record.events', 'UPDATE, DELETE, TRUNCATE')"
        if ask(rights) == "True":
            raise StackProblem("the hub's own role may change the record; use the role hub_app")
        return "the hub's role may add to it, not change it"

    def nats() -> str:
        place = urlsplit(addresses.nats_url)
        with socket.create_connection(
            (place.hostname or "127.0.0.1", place.port or 4222), NATS_SECONDS_MAX
        ):
            return f"answers at {place.hostname}:{place.port}"

    return [
        ("postgresql", lambda: ask(b"SHOW server_version")),
        ("schema", schema),
        ("record", record),
        ("nats", nats),
    ]


def _witnesses(settings: "Settings", addresses: "Addresses") -> str:
    """Say who witnesses the log; an hour without enough of them is wrong."""
    from datetime import UTC, datetime, timedelta

    import psycopg

    from adapters.seal.policy import NOBODY, read_policy, unwitnessed_since
    from adapters.seal.track import SHA256

    policy = read_policy(settings.witness_policy)
    if policy is None:
        return f"{NOBODY}; see docs/witness.md"
    with psycopg.connect(addresses.database_url) as connection:
        since = unwitnessed_since(connection, SHA256)
    known = f"{len(policy.witnesses)} in the policy"
    if since is None:
        return f"{known}; enough of them have seen all that is sealed"
    if datetime.now(UTC) - since > timedelta(minutes=UNWITNESSED_MINUTES_MAX):
        raise StackProblem(
            f"{known}, but what was sealed since {since:%Y-%m-%d %H:%M} waits for enough of them;"
            " ask who runs them, and look for refusals in the sealer's log"
        )
    return f"{known}; waiting for them since {since:%H:%M:%S}"
