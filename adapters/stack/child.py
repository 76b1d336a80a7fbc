"""A server as our child: it hears no Ctrl-C of ours and never outlives us."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from adapters.stack.account import Account

PR_SET_PDEATHSIG = 1
LOG_BYTES_MAX = 10_000_000
# Loaded here, not between fork and exec, where loading a library may deadlock.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start(
    arguments: Sequence[str],
    log: Path,
    *,
    account: Account | None = None,
    at_our_death: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program whose words go to a log file.

    `keep` are open files it inherits. On Linux the kernel sends it `at_our_death` when we end
    in any way, `kill -9` included. The kernel counts the *thread* that started it as the
    parent, so call this from a thread that lives as long as the process.
    """
    _keep_small(log)
    with log.open("ab") as words:
        return subprocess.Popen(  # noqa: S603 - our own binaries, arguments never from outside
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            # Its own session: a terminal's Ctrl-C reaches us alone, and we stop things in order.
            start_new_session=True,
            cwd="/",
            env=None if environment is None else dict(environment),
            preexec_fn=_dies_with(os.getpid(), at_our_death),  # noqa: PLW1509 - see _LIBC
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            pass_fds=tuple(keep),
        )


def _dies_with(parent: int, at_our_death: signal.Signals) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(at_our_death))
        if os.getppid() != parent:  # we died before the kernel knew of the wish
            os._exit(1)

    return ask


def _keep_small(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".old.log"))


def stop(child: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> bool:
    """Ask a child to end and wait; True when it did so within the time."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until `ready`, or the child has ended, or time is up; say whether it is ready."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if child.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def said_since(log: Path, offset: int) -> str:
    """Return what a child wrote to its log from a byte offset on."""
    with log.open("rb") as words:
        words.seek(offset)
        return words.read().decode(errors="replace")
