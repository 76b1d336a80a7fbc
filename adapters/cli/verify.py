"""`hub verify`: hash everything again; say the first position that is wrong."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import NO, WrongUse

if TYPE_CHECKING:
    from adapters.settings import Settings
    from adapters.verify.finding import Report, Wrong
    from adapters.verify.run import Asked

BundleArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[BUNDLE.zip]", help="An evidence bundle [default: the record of the home]."
    ),
]
CheckpointOption = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", metavar="FILE", help="A checkpoint somebody else kept."),
]
MirrorOption = Annotated[
    list[Path] | None,
    typer.Option("--mirror", metavar="DIR", help="A folder of tiles that a witness keeps."),
]
WitnessOption = Annotated[
    list[str] | None,
    typer.Option("--witness", metavar="URL", help="A witness to ask for its last checkpoint."),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="VKEY", help="The log's public key, name+id+base64."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Whose cosignatures count (tlog-policy)."),
]
WITNESS_SECONDS_MAX = 10.0
SHOWN_MAX = 10


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(verify)


def verify(
    bundle: BundleArgument = None,
    *,
    checkpoint: CheckpointOption = None,
    mirror: MirrorOption = None,
    witness: WitnessOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hash everything again; say the first position that is wrong.

    Rows against their leaves, leaves against the log's tiles, tiles against every checkpoint: the
    home's own, and those that others kept. Exit 1 if anything is wrong.
    """
    from adapters.settings import load

    if bundle is not None:
        raise typer.Exit(_bundle(bundle, key))
    settings = load(home=home)
    asked = _asked(settings, checkpoint or [], mirror or [], witness or [], key, policy)
    report = _verified(settings, asked, quiet=as_json)
    answer(_facts(report), as_json=as_json, in_words=lambda: _in_words(report))
    if report.wrong:
        raise typer.Exit(NO)


def _bundle(bundle: Path, key: str | None) -> int:
    """Let the verifier that travels inside every bundle judge this one; return its exit code."""
    import importlib.util
    import subprocess

    if bundle.suffix != ".zip":
        raise WrongUse(f"{bundle} is not an evidence bundle (.zip); --home names a hub's folder.")
    found = importlib.util.find_spec("adapters.evidence.verifier")
    if found is None or found.origin is None:
        raise WrongUse("This installation has no verifier of evidence bundles.")
    words = [sys.executable, "-I", "-S", found.origin, str(bundle)]
    words += [] if key is None else ["--key", key]
    return subprocess.run(words, check=False).returncode  # noqa: S603 - our own program


def _asked(
    settings: "Settings",
    checkpoints: list[Path],
    mirrors: list[Path],
    witnesses: list[str],
    key: str | None,
    policy: Path | None,
) -> "Asked":
    """Read everything that was brought along, before anything is started."""
    from adapters.keys import BadKey
    from adapters.verify.run import Asked
    from adapters.verify.trust import key_for, policy_for
    from hub.seal.note import NoteError

    try:
        trusted = policy_for(policy, settings.witness_policy)
        public = key_for(key, trusted, settings.log_key, settings.log_dir)
    except (NoteError, BadKey) as error:
        raise WrongUse(str(error)) from error
    for one in mirrors:
        if not (one / "checkpoint").is_file():
            raise WrongUse(f"{one} is not a mirror: it holds no file checkpoint.")
    return Asked(
        database_url="",
        log=settings.log_dir,
        guard=settings.guard_dir,
        key=public,
        policy=trusted,
        checkpoints=tuple((str(one), one.read_bytes()) for one in checkpoints),
        witnesses=tuple((one, _fetched(one)) for one in witnesses),
        mirrors=tuple(mirrors),
        archive=settings.archive_dir,
    )


def _fetched(url: str) -> bytes:
    import httpx2

    try:
        response = httpx2.get(url, timeout=WITNESS_SECONDS_MAX, follow_redirects=True)
        response.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise WrongUse(f"The witness {url} does not answer: {error}") from error
    return response.content


def _verified(settings: "Settings", asked: "Asked", *, quiet: bool) -> "Report":
    from msgspec.structs import replace

    from adapters.stack.running import stack_for
    from adapters.verify.beside import beside
    from adapters.verify.run import verify as verify_all

    with stack_for(settings, note) as addresses:
        url = addresses.database_url
        with _progress(quiet=quiet) as progress:
            report = verify_all(asked._replace(database_url=url), progress=progress)
        with _progress(quiet=quiet) as progress:
            more = beside(settings, url, progress)
    wrong = sorted(report.wrong + more.wrong, key=lambda one: one.order)
    return replace(report, wrong=wrong, national=more.national, stamps=more.stamps)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal, once there is something to show; elsewhere say nothing."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress("events", *columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("events", total=None)

    def show(done: int, goal: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=goal)

    try:
        yield show
    finally:
        bar.stop()


def _facts(report: "Report") -> dict[str, Any]:
    from msgspec import to_builtins

    first = report.first_wrong
    return {
        "intact": first is None,
        "first_wrong_position": None if first is None else first.position,
        **to_builtins(report),
    }


def _in_words(report: "Report") -> None:
    for name, said in _checked(report):
        typer.echo(f"{name:<12} {said}")
    if not report.wrong:
        typer.echo(f"All right: {report.events:,} events, {report.seconds:.1f} s.")
        return
    first = report.wrong[0]
    where = "outside the events" if first.position is None else f"position {_span(first)}"
    typer.echo(f"\nWRONG, first at {where}:")
    for one in report.wrong[:SHOWN_MAX]:
        _show(one)
    more = max(len(report.wrong), report.wrong_positions) - SHOWN_MAX
    if more > 0:
        typer.echo(f"… and {more:,} more")


def _checked(report: "Report") -> Iterator[tuple[str, str]]:
    yield "events", f"{report.events:,}, each hashed again from all its columns"
    tail = max(0, report.position - report.sealed)
    unsealed = f"; the last {tail:,} are not sealed yet" if tail else ""
    yield "log", f"{report.log or 'no key known'}, sealed up to {report.sealed:,}{unsealed}"
    found = ", ".join(f"{where} {count}" for where, count in report.checkpoints.items())
    yield "checkpoints", f"in agreement: {found or 'none'}"
    seen = [f"{name} {one['size']:,} ({one['at']})" for name, one in report.witnesses.items()]
    yield "witnesses", ", ".join(seen) or "none named by a policy"
    yield (
        "mirrors",
        ", ".join(f"{name} {size:,}" for name, size in report.mirrors.items()) or "none",
    )
    yield "archives", ", ".join(report.archives) or "none"
    if report.national:
        yield "SM3", f"{report.national:,} events under the SM2-signed checkpoint"
    if report.stamps:
        yield "stamps", f"{report.stamps} days' time stamps hold"


def _show(one: "Wrong") -> None:
    position = "" if one.position is None else f"position {_span(one)}: "
    typer.echo(f"- {position}{one.sentence}")
    if one.stream_id or one.topic:
        typer.echo(f"  as it stands: {one.topic} in {one.stream_id}")
    typer.echo(f"  {one.proves}")


def _span(one: "Wrong") -> str:
    last = one.until
    return f"{one.position}" if last in {None, one.position} else f"{one.position}–{last}"
