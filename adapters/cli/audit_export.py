"""`hub audit export`: an evidence bundle, to be verified without the hub."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from adapters.evidence.order import Made
    from adapters.evidence.selection import Selection
    from adapters.settings import Settings

OutputOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="BUNDLE.zip", help="File to write; a new one.")
]
CaseOption = Annotated[
    str | None, typer.Option("--case", metavar="ID", help="The events of a case.")
]
EntryOption = Annotated[
    str | None, typer.Option("--entry", metavar="ID", help="Those that name a catalogue entry.")
]
DepartmentOption = Annotated[
    str | None,
    typer.Option("--department", metavar="ID", help="Those that name a department or are its own."),
]
PeriodOption = Annotated[
    tuple[str, str] | None,
    typer.Option("--period", metavar="FROM TO", help="Those of some days: 2026-03-01 2026-03-31."),
]
AllOption = Annotated[bool, typer.Option("--all", help="The whole record.")]


def export(
    output: OutputOption,
    *,
    case: CaseOption = None,
    entry: EntryOption = None,
    department: DepartmentOption = None,
    period: PeriodOption = None,
    everything: AllOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an evidence bundle: events with their proofs, verified by anybody without the hub.

    Say one of --case, --entry, --department, --period, --all.
    """
    from adapters.settings import load

    selection = _selection(case, entry, department, period, everything=everything)
    if output.exists():
        raise WrongUse(f"{output} is there already; a bundle is never written over another file.")
    if not output.parent.is_dir():
        raise WrongUse(f"There is no folder {output.parent}; make it first.")
    with _new_file(output) as file:
        made = _made(load(home=home), selection, file, quiet=as_json)
    facts = _facts(output, made)
    answer(facts, as_json=as_json, in_words=lambda: _in_words(output, facts, made))


def _selection(
    case: str | None,
    entry: str | None,
    department: str | None,
    period: tuple[str, str] | None,
    *,
    everything: bool,
) -> "Selection":
    from adapters.evidence.selection import Kind, Selection, of_period

    ids = {Kind.CASE: case, Kind.ENTRY: entry, Kind.DEPARTMENT: department}
    chosen = [Selection(kind, one) for kind, one in ids.items() if one is not None]
    if period is not None:
        chosen.append(of_period(*map(_day, period)))
    if everything:
        chosen.append(Selection(Kind.ALL))
    if len(chosen) != 1:
        raise WrongUse(
            "Say one of --case ID, --entry ID, --department ID, --period FROM TO, --all."
        )
    return chosen[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"“{text}” is not a day; write 2026-03-01.") from error


@contextmanager
def _new_file(output: Path) -> Iterator[Path]:
    """Give a file beside the wanted one; it takes the name only when it is complete."""
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise WrongUse(f"{output.parent} cannot be written to: {error.strerror}.") from error
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.rename(output)
    finally:
        beside.unlink(missing_ok=True)


def _made(settings: "Settings", selection: "Selection", file: Path, *, quiet: bool) -> "Made":
    from adapters.evidence.bundle import make
    from adapters.evidence.order import Order, Sources
    from adapters.main import bring_up_to_date
    from adapters.seal.store import LogFiles
    from adapters.stack.running import stack_for
    from projections.connect import connect

    sources = Sources(LogFiles(settings.log_dir), settings.witness_policy, settings.tsa_certificate)
    with stack_for(settings, note) as addresses:
        bring_up_to_date(addresses, note)
        with (
            connect(addresses.database_url, purpose="audit export") as connection,
            file.open("wb") as out,
            _progress(quiet=quiet) as progress,
        ):
            _catch_up(connection)
            made = make(connection, sources, Order(selection), out, progress)
            out.flush()
            os.fsync(out.fileno())
    return made


def _catch_up(connection: Any) -> None:
    """Bring the audit trail up to date: from it the events are chosen."""
    from hub.errors import Conflict
    from projections.audit_trail import AUDIT_TRAIL
    from projections.catch_up import catch_up

    if catch_up(connection, (AUDIT_TRAIL,)).parked:
        raise Conflict(
            "audit_trail is parked and does not show the whole record; see `hub status`",
            "审计轨迹已暂停更新，数据不完整，请查看运行状态",
        )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal; elsewhere say nothing."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress("events", *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("events", total=None)
        yield lambda done, goal: bar.update(task, completed=done, total=goal)


def _facts(output: Path, made: "Made") -> dict[str, Any]:
    import hashlib

    from msgspec import to_builtins

    with output.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": str(output),
        "sha256": f"sha256:{digest}",
        "bytes": output.stat().st_size,
        **to_builtins(made),
    }


def _in_words(output: Path, facts: dict[str, Any], made: "Made") -> None:
    typer.echo(f"{output}: {made.events:,} events, {facts['bytes']:,} bytes, {facts['sha256']}")
    typer.echo(f"  checkpoint over {made.size:,} events, key {made.log_key}")
    seen = "witnessed" if made.witnessed else "not witnessed: nobody but the operator signed it"
    typer.echo(f"  {seen}{', time-stamped' if made.stamped else ''}")
    if made.unsealed:
        typer.echo(f"  {made.unsealed:,} later events are not sealed yet and not in it")
    typer.echo(
        f"  verify it anywhere: unzip, then python3 -I -S verify.py . (or hub verify {output})"
    )
