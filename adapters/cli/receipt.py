"""`hub receipt`: take the receipt of an event, and check one with nothing but event and key."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import NO, WrongUse

if TYPE_CHECKING:
    from adapters.settings import Settings
    from hub.record import Recorded
    from hub.seal.note import VerifierKey
    from hub.seal.proof import Receipt

POSITION_MAX = 2**62
PositionArgument = Annotated[
    int, typer.Argument(min=1, max=POSITION_MAX, help="Position in the record, from 1.")
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="File to write.")]
FileArgument = Annotated[Path, typer.Argument(help="A .tlog-proof file.")]
EventOption = Annotated[
    Path | None,
    typer.Option(
        "--event",
        help="The event as /api/v1/supervision/events gives it, or its log entry"
        " [default: from this hub's record].",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="The log's public key, or a file with it [default: this hub's]."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", help="A C2SP tlog-policy: the witnesses that must have cosigned."),
]


_IN_ENTRY = {"recorded_at", "schema_version", "state", "stream_id", "topic", "version"}


class NotProven(Exception):
    """The event in a file says something that the receipt does not prove."""


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    group = typer.Typer(help="Receipts: proofs that an event stands.", no_args_is_help=True)
    group.command("get")(get)
    group.command("check")(check)
    app.add_typer(group, name="receipt")


def get(
    position: PositionArgument,
    output: OutputOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the receipt of an event, a C2SP tlog-proof, under a witnessed checkpoint if any."""
    import psycopg

    from adapters.http.sealed import Sealed
    from adapters.seal import proofs
    from adapters.settings import load
    from adapters.stack.running import stack_for

    settings = load(home=home)
    sealed = Sealed(settings.log_dir, settings.witness_policy)
    with (
        stack_for(settings, note) as addresses,
        psycopg.connect(addresses.database_url) as connection,
    ):
        event = _recorded(connection, position)
        body = proofs.receipt(sealed.files, event, sealed.best_note(connection, position))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(body)
    facts = {"file": str(output), "position": position, "bytes": len(body)}
    words = f"{output}: the receipt of position {position}"
    answer(facts, as_json=as_json, in_words=lambda: typer.echo(words))


def check(
    *,
    file: FileArgument,
    event: EventOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a receipt; with --event and --key it needs neither hub nor network. Exit 1 if not."""
    from adapters.settings import load

    facts = _checked(load(home=home), file, event, key, policy)

    def in_words() -> None:
        if facts["holds"]:
            typer.echo(f"{file} holds: the event stands at position {facts['position']} of the")
            typer.echo(f"log {facts['origin']} ({facts['size']} events, root {facts['root']}).")
            for name, at in facts["witnesses"].items():
                typer.echo(f"cosigned by {name} at {at}")
        else:
            typer.echo(f"{file} does not hold: {facts['reason']}.")

    answer(facts, as_json=as_json, in_words=in_words)
    if not facts["holds"]:
        raise typer.Exit(NO)


def _checked(
    settings: "Settings", file: Path, event: Path | None, key: str | None, policy: Path | None
) -> dict[str, Any]:
    from adapters.keys import verify
    from hub.seal import merkle, proof
    from hub.seal.merkle import ProofError
    from hub.seal.note import NoteError

    facts: dict[str, Any] = {"file": str(file), "holds": False, "reason": ""}
    try:
        receipt = proof.parse(file.read_bytes())
        facts |= {"position": receipt.index + 1}
        entry = _entry_in_record(settings, receipt) if event is None else _entry_in(event, receipt)
        head = proof.check(receipt, merkle.leaf(entry), _key(settings, key), verify)
        facts |= {"origin": head.origin, "size": head.size, "root": head.root.hex()}
        facts |= {"witnesses": _witnesses(receipt, policy), "holds": True}
    except (ProofError, NoteError, NotProven) as error:
        facts["reason"] = str(error)
    return facts


def _recorded(connection: Any, position: int) -> "Recorded":
    from hub.errors import NotFound
    from projections import reader

    found = reader.at(connection, [position])
    if not found:
        raise NotFound(
            f"the record ends at position {reader.head(connection)}; there is no {position}",
            f"卷宗最新位置为{reader.head(connection)}，不存在{position}",
        )
    return found[0]


def _entry_in_record(settings: "Settings", receipt: "Receipt") -> bytes:
    import psycopg

    from adapters.stack.running import stack_for
    from hub.record import log_entry, rfc3339

    with (
        stack_for(settings, note) as addresses,
        psycopg.connect(addresses.database_url) as connection,
    ):
        event = _recorded(connection, receipt.index + 1)
    return log_entry(event, rfc3339(event.recorded_at))


def _entry_in(path: Path, receipt: "Receipt") -> bytes:
    """Return the log entry of the event in a file: the entry itself, or made from the event.

    Raises NotProven where the file says more, or something else, than the receipt can prove:
    whoever reads it would take that for proven.
    """
    import json
    from datetime import datetime

    import orjson

    from hub.record import NewEvent, log_entry, rfc3339

    held = path.read_bytes()
    try:
        event = orjson.loads(held)
        if "type" in event:
            return held.strip()
        json.loads(held, object_pairs_hook=_once)
        state = orjson.dumps(event["state"], option=orjson.OPT_SORT_KEYS)
        told = NewEvent(
            event["stream_id"], event["version"], event["topic"], event["schema_version"], state
        )
        entry = log_entry(told, rfc3339(datetime.fromisoformat(event["recorded_at"])))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WrongUse(
            f"{path} is no event: take it from /api/v1/supervision/events/POSITION, unchanged."
        ) from error
    _check_shown(event, receipt, entry)
    return entry


def _check_shown(event: dict[str, Any], receipt: "Receipt", entry: bytes) -> None:
    """Raise NotProven where an event says something that is not in its entry."""
    from hub.seal import merkle

    facts = {"position": receipt.index + 1, "leaf": merkle.leaf(entry).hex()}
    for name, value in event.items():
        if name in facts and value != facts[name]:
            raise NotProven(f"the event says {name} {value}, proven is {facts[name]}")
        if name not in {*facts, *_IN_ENTRY}:
            raise NotProven(f"“{name}” beside the event is of no event and proven by nothing")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise NotProven("a name stands twice in the event: readers would disagree on what it says")
    return dict(pairs)


def _key(settings: "Settings", given: str | None) -> "VerifierKey":
    from adapters.seal import proofs
    from adapters.seal.store import LogFiles
    from hub.seal.note import VerifierKey

    if given is None:
        return proofs.key_of(LogFiles(settings.log_dir))
    try:
        path = Path(given)
        return VerifierKey.parse(path.read_text("utf-8") if _is_file(path) else given)
    except ValueError as error:
        raise WrongUse(f"--key is neither a public key nor a file with one: {error}.") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a key is no name of a file, and may be too long for one
        return False


def _witnesses(receipt: "Receipt", policy: Path | None) -> dict[str, str]:
    """Return who cosigned and when; raises ProofError where the policy asks for more."""
    from datetime import UTC, datetime

    from adapters.keys import verify
    from hub.seal import note as notes
    from hub.seal.merkle import ProofError
    from hub.seal.policy import Policy

    if policy is None:
        return {}
    try:
        demanded = Policy.parse(policy.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WrongUse(f"--policy {policy} cannot be used: {error}.") from error
    signed = notes.parse(receipt.checkpoint)
    if not demanded.witnessed(signed, verify):
        raise ProofError(f"the checkpoint lacks the cosignatures that {policy} demands")
    seen = demanded.seen_by(signed, verify)
    return {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in seen.items()}
