"""`hub restore`: a record from its archive alone, or its lost tail from NATS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.archive.restoring import Restored
    from adapters.settings import Settings
    from adapters.stack.running import Addresses

ArchiveOption = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIR", help="Fill an empty record from this archive."),
]
TailOption = Annotated[
    bool,
    typer.Option(
        "--tail-from-nats", help="Put back what the stream HUB_EVENTS has behind the head."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(restore)


def restore(
    *,
    archive: ArchiveOption = None,
    tail_from_nats: TailOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the record again of its archive, or put back a tail that an old backup lacks.

    Every leaf is computed again and every root compared first; on any difference nothing is
    changed. The projections build themselves when the hub runs.
    """
    if (archive is None) == (not tail_from_nats):
        raise WrongUse("say --archive DIR or --tail-from-nats")

    from adapters.main import bring_up_to_date
    from adapters.settings import load
    from adapters.stack.running import stack_for

    _require_folder(archive)
    settings = load(home=home)
    with stack_for(settings, note) as addresses:
        if addresses.owner_url is None:
            raise WrongUse(
                "HUB_DATABASE_URL is set but HUB_DATABASE_OWNER_URL is not. Only the role "
                "hub_owner may put events back: set it to the same database for that role."
            )
        bring_up_to_date(addresses, note)
        if archive is not None:
            restored = _from_archive(addresses.owner_url, archive.expanduser().absolute())
            facts: dict[str, object] = _facts(restored)
        else:
            facts = _tail(settings, addresses)
    answer(facts, as_json=as_json, in_words=lambda: _say(facts))


def _require_folder(archive: Path | None) -> None:
    """Refuse a folder that is not there before a home is made for it."""
    from projections.archived import ArchiveProblem

    if archive is not None and not archive.expanduser().is_dir():
        raise ArchiveProblem(f"{archive} is not a folder of an archive")


def _from_archive(owner_url: str, archive: Path) -> "Restored":
    import psycopg

    from adapters.archive.restoring import restore as fill
    from adapters.cli.rebuild import progress_line

    with psycopg.connect(owner_url, autocommit=True) as connection:
        return fill(connection, archive, progress_line("restoring"))


def _tail(settings: "Settings", addresses: "Addresses") -> dict[str, object]:
    import psycopg

    from adapters.archive.restoring import append_tail
    from adapters.cli.archive import sealed
    from adapters.nats.tail import tail_of
    from projections.reader import head

    log = sealed(settings)
    assert addresses.owner_url is not None
    with psycopg.connect(
        addresses.owner_url, autocommit=True, options="-c timezone=UTC"
    ) as connection:
        start = head(connection)
        tail = tail_of(addresses.nats_url, start)
        known = (0, _nothing) if log is None else (log.checkpoint.size, log.read)
        position = append_tail(connection, tail, known)
    return {
        "position": position,
        "events": position - start,
        "sealed": 0 if log is None else log.checkpoint.size,
    }


def _nothing(_level: int, _index: int) -> bytes:
    return b""


def _facts(restored: "Restored") -> dict[str, object]:
    from msgspec import to_builtins

    facts: dict[str, object] = to_builtins(restored)
    return facts


def _say(facts: dict[str, object]) -> None:
    typer.echo(f"put back {facts['events']} events, up to position {facts['position']}")
    if "root" in facts:
        typer.echo(f"{facts['commands']} answers of commands; root of the log {facts['root']}")
        typer.echo(
            f"sealed up to position {facts['sealed']}; the root is the checkpoint's"
            if facts["sealed"]
            else "The archive carries no checkpoint: compare the root with a witness."
        )
    else:
        typer.echo("The answers of these commands are not in the stream: a repeated id is new.")
    typer.echo("The projections build themselves as soon as the hub runs.")
