"""`hub archive`: old partitions of the record become files, read as if nothing had happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.archive.keeping import Archived
    from adapters.archive.writing import Sealed
    from adapters.settings import Settings
    from adapters.stack.running import Addresses

KeepOption = Annotated[
    int | None,
    typer.Option("--keep", min=0, help="Whole partitions that stay in the database [default: 2]."),
]
BeforeOption = Annotated[
    int | None,
    typer.Option("--before", metavar="POSITION", help="Archive partitions that end before it."),
]
DirOption = Annotated[
    Path | None,
    typer.Option("--dir", help="Folder of the archive [default: the setting archive_dir]."),
]
CopyOption = Annotated[
    bool,
    typer.Option(
        "--copy", "--all", help="Let nothing go; have everything in the folder, the tail too."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(archive)


def archive(
    *,
    keep: KeepOption = None,
    before: BeforeOption = None,
    folder: DirOption = None,
    copy: CopyOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move old partitions of the record into Parquet files.

    Only whole, sealed partitions go, each after its files were read back and every leaf computed
    again. Everybody goes on reading them; `hub restore` makes a record of them again.
    """
    import psycopg

    from adapters.archive.keeping import Archiver
    from adapters.cli.rebuild import progress_line
    from adapters.settings import load
    from adapters.stack.running import stack_for

    _refuse_both(keep, before, copy=copy)
    settings = load(home=home)
    with (
        stack_for(settings, note) as addresses,
        psycopg.connect(
            _owner_of(addresses), autocommit=True, options="-c timezone=UTC"
        ) as connection,
    ):
        archiver = Archiver(
            connection,
            (folder or settings.archive_dir).expanduser().absolute(),
            sealed(settings),
            below=settings.archive_dir,
            say=note,
            progress=progress_line("archiving"),
        )
        done = archiver.copy() if copy else archiver.archive(keep=keep, before=before)
    facts = {"archived": [_facts(one) for one in done]}
    answer(facts, as_json=as_json, in_words=lambda: _say(done))


def _refuse_both(keep: int | None, before: int | None, *, copy: bool) -> None:
    if copy and (keep is not None or before is not None):
        raise WrongUse("--copy lets nothing go, so --keep and --before do not go with it")
    if keep is not None and before is not None:
        raise WrongUse("say --keep or --before, not both")


def _owner_of(addresses: "Addresses") -> str:
    if addresses.owner_url is None:
        raise WrongUse(
            "HUB_DATABASE_URL is set but HUB_DATABASE_OWNER_URL is not. Partitions belong to "
            "the role hub_owner: set it to the same database for that role."
        )
    return addresses.owner_url


def sealed(settings: "Settings") -> "Sealed | None":
    """Return the sealed log of a home, None before its first checkpoint."""
    from adapters.archive.writing import Sealed
    from adapters.seal.store import LogFiles, NothingSealed
    from hub.seal.merkle import root
    from projections.archived import ArchiveProblem

    log = LogFiles(settings.log_dir)
    try:
        checkpoint, tiles = log.latest()
    except NothingSealed:
        return None
    found = log.checkpoint()
    assert found is not None
    if root(checkpoint.size, tiles) != checkpoint.root:
        raise ArchiveProblem(
            f"the tiles in {settings.log_dir} do not give the root of its checkpoint; "
            "run `hub verify` before anything is archived"
        )
    return Sealed(found, checkpoint, tiles)


def _facts(one: "Archived") -> dict[str, object]:
    from msgspec import to_builtins

    facts: dict[str, object] = to_builtins(one)
    return facts


def _say(done: "list[Archived]") -> None:
    for one in done:
        each = one.bytes / (one.last - one.first + 1)
        typer.echo(
            f"positions {one.first} to {one.last}: {one.folder} "
            f"({one.bytes / 1e6:.1f} MB, {each:.0f} bytes an event)"
        )
    if not done:
        typer.echo("No partition is whole, sealed and old enough to be archived.")
