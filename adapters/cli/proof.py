"""`hub proof`: that an event stands in the sealed log, and that the log only grew."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.seal.store import LogFiles

PositionArgument = Annotated[int, typer.Argument(min=1, help="Position in the record, from 1.")]
SizeOption = Annotated[
    int | None, typer.Option("--size", min=1, help="Events in the log [default: all sealed].")
]
OldArgument = Annotated[int, typer.Argument(min=0, help="Events in the older log.")]
NewArgument = Annotated[
    int | None, typer.Argument(min=1, help="Events in the newer log [default: all sealed].")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    group = typer.Typer(help="Proofs from the sealed log, in hex.", no_args_is_help=True)
    group.command("inclusion")(inclusion)
    group.command("consistency")(consistency)
    app.add_typer(group, name="proof")


def inclusion(
    position: PositionArgument,
    size: SizeOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that a position stands in the log as it is, or as it was with --size events."""
    from adapters.seal import proofs

    found = proofs.inclusion(_files(home), position, size)
    facts: dict[str, Any] = {
        "position": found.position,
        "index": found.position - 1,
        "size": found.size,
        "leaf": found.leaf.hex(),
        "hashes": [each.hex() for each in found.hashes],
        "root": found.root.hex(),
    }

    def in_words() -> None:
        typer.echo(f"position {found.position} (leaf {found.position - 1}) of {found.size} events")
        typer.echo(f"leaf  {found.leaf.hex()}")
        _steps(found.hashes)
        typer.echo(f"root  {found.root.hex()}")

    answer(facts, as_json=as_json, in_words=in_words)


def consistency(
    old: OldArgument,
    new: NewArgument = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the log grew from OLD to NEW events without a change."""
    from adapters.seal import proofs

    found = proofs.consistency(_files(home), old, new)
    facts: dict[str, Any] = {
        "old": found.old,
        "new": found.new,
        "old_root": found.old_root.hex(),
        "new_root": found.new_root.hex(),
        "hashes": [each.hex() for each in found.hashes],
    }

    def in_words() -> None:
        typer.echo(f"the log of {found.new} events begins with the log of {found.old}")
        typer.echo(f"old root  {found.old_root.hex()}")
        _steps(found.hashes)
        typer.echo(f"new root  {found.new_root.hex()}")

    answer(facts, as_json=as_json, in_words=in_words)


def _files(home: Any) -> "LogFiles":
    from adapters.seal.store import LogFiles
    from adapters.settings import load

    return LogFiles(load(home=home).log_dir)


def _steps(hashes: "Sequence[bytes]") -> None:
    for number, each in enumerate(hashes, 1):
        typer.echo(f"  {number:>2}  {each.hex()}")
