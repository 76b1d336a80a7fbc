"""What the whole hub holds in memory: idle after `hub up`, and after a demonstration year."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from adapters.bench.figure import Figure
from adapters.stack.problem import StackProblem

PROC = Path("/proc")
UP = "Ctrl-C stops"
"""How the line begins after which `hub up` and `hub demo` only serve."""


def memory(home: Path, *, scale: float | None = None) -> list[Figure]:
    """State the memory of `hub up` idle and, with a scale, after `hub demo` of that scale.

    Each on a home of its own inside `home`: the sum over all processes, PostgreSQL and NATS
    included, of the proportional set size, so that shared memory is counted once. Beside it stands
    the same as resident size, which counts it in every process. After a demo the process that
    played the departments is still there and counted. Nothing where there is no /proc.
    """
    if not (PROC / "self" / "smaps_rollup").exists():
        return []
    with _serving("up", home / "up") as pid:
        figures = [_figure("memory (idle)", pid)]
    if scale is not None:
        with _serving("demo", home / "demo", "--scale", str(scale)) as pid:
            figures.append(_figure(f"memory (after a demo of scale {scale:g})", pid))
    return figures


def _figure(name: str, pid: int) -> Figure:
    found = [sizes for one in _tree(pid) if (sizes := _sizes(one)) is not None]
    pss, rss = (sum(column) / 1_000_000 for column in zip(*found, strict=True))
    return Figure(
        name=name,
        ours=round(pss),
        other=round(rss),
        other_is="the sum of resident sizes, shared memory counted in each process",
        ratio=round(pss / rss, 2),
        unit="MB",
        parts={"processes": len(found)},
    )


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            # The name in brackets may hold anything; after it come the state and the parent.
            parent = int(
                stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            )
            children.setdefault(parent, []).append(int(stat.parent.name))
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, [])


def _sizes(pid: int) -> tuple[int, int] | None:
    """Return the proportional and the resident set size of a process, in bytes."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(sizes["Pss"]) * 1024, int(sizes["Rss"]) * 1024


@contextmanager
def _serving(verb: str, home: Path, *options: str) -> Iterator[int]:
    """Run `hub VERB` as on a terminal until it only serves; stop it as Ctrl-C would."""
    reading, terminal = pty.openpty()
    drained = Thread(target=_drain, args=(reading,), daemon=True)
    drained.start()
    command = [sys.executable, "-m", "adapters.cli", verb, "--home", str(home), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if name[:4] != "HUB_"}
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, *options], stdout=terminal, stderr=subprocess.PIPE, text=True, env=environment
    )
    os.close(terminal)
    try:
        _wait_until_serving(process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
        drained.join()
        os.close(reading)


def _wait_until_serving(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        if line.startswith(UP):
            return
        said += line
    raise StackProblem(f"The hub did not come up to be measured. It said:\n{said}")


def _drain(reading: int) -> None:
    """Read what nobody wants to see, or the terminal's buffer fills and the hub waits."""
    with suppress(OSError):  # how a terminal says that the other side is gone
        while os.read(reading, 65_536):
            pass
