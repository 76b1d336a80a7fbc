"""`hub seal`: where the sealed log stands, its public key, and beginning a new one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note

if TYPE_CHECKING:
    import psycopg

    from adapters.settings import Settings

OriginOption = Annotated[
    str, typer.Option("--origin", help="Name of the new log, as its checkpoints will bear it.")
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why the log before cannot go on; the record keeps it.")
]
TrackOption = Annotated[
    str, typer.Option("--track", help="Which tree: sha256, or sm3 under national cryptography.")
]
PemOption = Annotated[bool, typer.Option("--pem", help="In the form OpenSSL reads.")]
MakeOption = Annotated[
    bool, typer.Option("--make", help="First make a key in the device that log_key names.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    seal = typer.Typer(help="The sealed log: where it stands, its key, beginning a new one.")
    seal.command()(status)
    seal.command()(key)
    seal.command()(restart)
    app.add_typer(seal, name="seal")


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say what is sealed and witnessed; exit 1 where a sealer stands still."""
    import psycopg

    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    with (
        stack_for(settings, note) as addresses,
        psycopg.connect(addresses.database_url) as connection,
    ):
        facts = facts_of(settings, connection)

    def in_words() -> None:
        for name, one in facts.items():
            typer.echo(f"{name}:")
            for word, value in one.items():
                typer.echo(f"  {word.replace('_', ' '):<16} {'-' if value is None else value}")

    answer(facts, as_json=as_json, in_words=in_words)
    if any(one["trouble"] for one in facts.values()):
        raise typer.Exit(1)


def facts_of(settings: "Settings", connection: "psycopg.Connection") -> dict[str, dict[str, Any]]:
    """Collect where each track of this home stands, by its name."""
    from adapters.seal.board import standings
    from adapters.seal.track import tracks
    from adapters.seal.trouble import CannotSeal

    facts: dict[str, dict[str, Any]] = {}
    known = {one.track: one for one in standings(connection)}
    for track in tracks(settings):
        one = known.get(track.name)
        trouble = None if one is None else one.trouble
        try:
            guard = track.guard.last()
        except CannotSeal as error:
            guard, trouble = None, str(error)
        facts[track.name] = {
            "log": str(track.files.folder),
            "origin": None if guard is None else guard.origin,
            "sealed": 0 if one is None else one.size,
            "signed_at": None if one is None else one.signed_at,
            "behind_events": None if one is None else one.lag_events,
            "witnessed": None if one is None else one.witnessed_size,
            "guard": None if guard is None else guard.size,
            "trouble": trouble,
        }
    return facts


def key(
    home: HomeOption = None,
    as_json: JsonOption = False,
    make: MakeOption = False,
    pem: PemOption = False,
) -> None:
    """Print the log's public key, as witnesses and readers of receipts need it."""
    from adapters.cli.trouble import WrongUse
    from adapters.keys import public_pem
    from adapters.seal.key import DEVICE
    from adapters.seal.proofs import key_of
    from adapters.seal.track import tracks
    from adapters.settings import load

    settings = load(home=home)
    if make:
        if not settings.log_key.startswith(DEVICE):
            raise WrongUse("The setting log_key names a file; the sealer makes it when it starts.")
        from adapters.seal.pkcs11 import make as make_in_device

        make_in_device(settings.log_key)
    facts = {}
    for track in tracks(settings):
        # A device tells the key without a log; a file's key is published with the first start.
        in_device = settings.log_key.startswith(DEVICE)
        found = track.open_signer().key if in_device else key_of(track.files)
        facts[track.name] = public_pem(found) if pem else found.text
    answer(facts, as_json=as_json, in_words=lambda: typer.echo("\n".join(facts.values())))


def restart(
    *,
    origin: OriginOption,
    reason: ReasonOption,
    track: TrackOption = "sha256",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the log and begin one under another name and key; recorded as an event.

    For a log that cannot go on: its key was stolen or lost, or the record lost events that were
    sealed. Take it only when nothing can be brought back: every witness must be told the new key.
    """
    import asyncio

    from adapters.seal.restart import restart as begin
    from adapters.seal.track import track_of
    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    with stack_for(settings, note) as addresses:
        done = asyncio.run(
            begin(addresses.database_url, settings, track_of(settings, track), origin, reason)
        )
    facts = {
        "key": done.key,
        "position": done.position,
        "ended": None if done.ended is None else done.ended.origin,
        "ended_at": None if done.ended is None else done.ended.size,
        "kept": None if done.kept is None else str(done.kept),
    }

    def in_words() -> None:
        typer.echo(f"The log {origin} begins; recorded at position {done.position}.")
        if done.ended is not None:
            typer.echo(f"{done.ended.origin} ended at {done.ended.size}; its files: {done.kept}")
        typer.echo(f"Give every witness the new key:\n{done.key}")

    answer(facts, as_json=as_json, in_words=in_words)
