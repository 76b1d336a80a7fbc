"""`hub witness`: what an audit office or a department runs to watch the hub's log 见证.

Needs neither the hub's database nor its libraries: a folder of its own, a key, and the hub's log
over HTTP.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import JsonOption, answer, note
from adapters.cli.trouble import NO, WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.witness.running import Running
    from adapters.witness.witness import Witness
    from hub.seal.note import VerifierKey

DEFAULT_HOME = Path(".shuqiao-witness")
HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="HUB_WITNESS_HOME", help="Folder of the witness."),
]
LogOption = Annotated[
    list[str],
    typer.Option(
        "--log", help="The log's public key, name+id+key; the hub shows it at /api/v1/seal/key."
    ),
]
HubOption = Annotated[
    str, typer.Option("--hub", help="Address of the hub: fetch its checkpoints from there.")
]
ListenOption = Annotated[
    str, typer.Option("--listen", help="HOST:PORT on which the hub asks for cosignatures.")
]
EveryOption = Annotated[
    float, typer.Option("--every", min=0.1, max=3600, help="Seconds between two looks at the log.")
]
MirrorOption = Annotated[
    bool, typer.Option("--mirror/--no-mirror", help="Keep every leaf hash, 32 bytes an event.")
]
CaOption = Annotated[
    Path | None, typer.Option("--ca-file", help="Certificate of the authority the hub's TLS uses.")
]
OriginOption = Annotated[str, typer.Option("--origin", help="Name of the log.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    verbs = typer.Typer(help="Watch a hub's log and cosign what continues it.")
    for verb in (run, key, status, acknowledge):
        verbs.command()(verb)
    app.add_typer(verbs, name="witness")


def run(
    *,
    log: LogOption,
    hub: HubOption = "",
    listen: ListenOption = "",
    every: EveryOption = 5.0,
    mirror: MirrorOption = True,
    ca_file: CaOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Watch the log until Ctrl-C: fetch it from --hub, or be asked on --listen, or both.

    A fork is refused, told at once, kept in `evidence/`, and stops the cosigning of that log until
    `hub witness acknowledge`.
    """
    from adapters.cli.up import ended_by_signal
    from adapters.witness.running import Running, alone

    keys = _keys(log)
    if not hub and not listen:
        raise WrongUse("say --hub URL to fetch checkpoints, or --listen HOST:PORT to be asked")
    if ca_file is not None and not ca_file.is_file():
        raise WrongUse(f"--ca-file: there is no file {ca_file}")
    if hub and len(keys) != 1:
        raise WrongUse("with --hub give one --log: the key of that hub's log")
    with ended_by_signal() as stopped, alone(home):
        witness = _witness(home, keys)
        running = Running(home, witness, note, _alarm)
        try:
            note(f"witness {witness.key.text}")
            if listen:
                note(f"asked at {_listening(running, listen)}/add-checkpoint")
            if hub:
                running.follow(keys[0].name, hub, every, mirror=mirror, ca_file=ca_file)
                note(f"follows {keys[0].name} at {hub}{', with a mirror' if mirror else ''}")
            running.run(stopped)
        finally:
            running.close()


def key(
    *,
    name: Annotated[str, typer.Option("--name", help="Name of a new key, e.g. audit.city")] = "",
    url: Annotated[str, typer.Option("--url", help="Where the hub may ask, for the line.")] = "",
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print the witness's line for the hub's policy; make the key when there is none yet."""
    from adapters.keys import FileSigner
    from adapters.witness.running import KEY
    from hub.seal.note import COSIGNATURE

    path = home / KEY
    if not path.exists():
        if not name or "+" in name or any(each.isspace() for each in name):
            raise WrongUse(
                f"there is no key in {home} yet: name it with --name, without blanks and “+”"
            )
        FileSigner.create(path, name, COSIGNATURE)
        note(f"a new key lies in {path}; keep a copy where nobody else reads it")
    public = FileSigner.read(path).key
    if name and name != public.name:
        raise WrongUse(f"the key in {path} is that of {public.name}")
    typer.echo(" ".join(filter(None, ("witness", public.name, public.text, url))))


def status(*, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what was cosigned, what was refused, and which forks were found; exit 1 after a fork."""
    from adapters.witness.running import standing

    found = standing(home, _known(home))

    def in_words() -> None:
        for line in _in_words(found, home):
            typer.echo(line)

    answer(found, as_json=as_json, in_words=in_words)
    if any(one["forked"] for one in found["logs"]):
        raise typer.Exit(NO)


def acknowledge(
    *,
    origin: OriginOption,
    by: Annotated[str, typer.Option("--by", help="Who has seen to it.")],
    reason: Annotated[str, typer.Option("--reason", help="What was found and decided.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let the witness go on after a fork, from the last checkpoint it cosigned.

    The evidence stays. A log that goes on with another history is refused again.
    """
    if not by.strip() or not reason.strip():
        raise WrongUse("say who has seen to it and what was decided")
    if not _known(home).acknowledge(origin, by, reason):
        raise WrongUse(f"no fork of {origin} waits for anybody in {home}")
    note(f"the witness cosigns {origin} again, after its last checkpoint")


def _witness(home: Path, keys: "Iterable[VerifierKey]") -> "Witness":
    from adapters.keys import BadKey, FileSigner
    from adapters.witness.memory import Memory
    from adapters.witness.running import KEY
    from adapters.witness.witness import Witness
    from hub.seal.note import COSIGNATURE

    if not (home / KEY).exists():
        raise WrongUse(f"there is no witness in {home}; make its key: hub witness key --name NAME")
    signer = FileSigner.read(home / KEY)
    if signer.key.kind != COSIGNATURE:
        raise BadKey(f"the key in {home / KEY} is a log's, not a witness's: {signer.key.name}")
    return Witness(Memory(home), signer, keys)


def _known(home: Path) -> "Witness":
    """Return the witness with the logs it has ever cosigned or refused, without being told them."""
    witness = _witness(home, ())
    for origin in witness.memory.origins():
        witness.logs[origin] = []
    return witness


def _keys(texts: list[str]) -> "list[VerifierKey]":
    from hub.seal.note import COSIGNATURE, NoteError, VerifierKey

    keys = []
    for text in texts:
        try:
            found = VerifierKey.parse(text)
        except NoteError as wrong:
            raise WrongUse(f"--log: {wrong}") from wrong
        if found.kind == COSIGNATURE:
            raise WrongUse(f"--log: the key of {found.name} is a witness's key, not a log's")
        keys.append(found)
    return keys


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not (host and port.isdigit() and int(port) < 65536):  # noqa: PLR2004 - ports end there
        raise WrongUse("--listen is HOST:PORT, e.g. 127.0.0.1:8720")
    return host.strip("[]"), int(port)


def _listening(running: "Running", listen: str) -> str:
    host, port = _address(listen)
    try:
        return running.listen(host, port)
    except OSError as error:
        raise WrongUse(f"--listen {listen} cannot be taken: {error.strerror}") from error


def _alarm(sentence: str) -> None:
    note(f"ALARM {sentence}")


def _in_words(found: dict[str, Any], home: Path) -> "Iterable[str]":
    yield f"witness {found['key']}"
    for one in found["logs"]:
        state = "FORKED, refused" if one["forked"] else "cosigned"
        yield f"  {one['origin']}: {state}; {one['size']} leaves at {one['cosigned_at']}"
        if one["refused"]:
            yield (
                f"    {one['refused']} checkpoints refused, the last at {one['refused_at']}:"
                f" {one['refused_last']}"
            )
    for fork in found["forks"]:
        by = f"acknowledged by {fork['acknowledged_by']}" if fork["acknowledged_at"] else "OPEN"
        yield (
            f"  fork of {fork['origin']} at {fork['size']} leaves, {fork['found_at']}: {by};"
            f" {home / 'evidence' / fork['evidence']}"
        )
