"""A sealer process to be killed, or one on a disk that fails.

Run as `python -m tests.faults.sealing URL HOME [CALL N]`: seals until it ends. With CALL
(write, fsync, replace) the Nth such call fails with EIO, once, and every call is counted aloud.
"""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from typing import Any

from pydantic import SecretStr

from adapters.seal.sealer import Sealer
from adapters.seal.track import tracks
from adapters.settings import Settings


class Failing:
    """A call of the operating system that fails once."""

    def __init__(self, call: Callable[..., Any], at: int) -> None:
        self._call = call
        self._left = at

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            print("failed", flush=True)  # noqa: T201 - the test waits for this word
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self._call(*arguments, **named)


def fail(call: str, at: int) -> None:
    """Let the Nth call fail."""
    match call:
        case "write":
            Path.write_bytes = method(Path.write_bytes, at)  # type: ignore[method-assign] # the fault
        case "fsync":
            os.fsync = Failing(os.fsync, at)
        case "replace":
            Path.replace = method(Path.replace, at)  # type: ignore[method-assign] # the fault
        case _:
            pass


def method(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return a failing function that still is a method: only functions are bound to an object."""
    failing = Failing(function, at)

    def bound(*arguments: Any, **named: Any) -> Any:
        return failing(*arguments, **named)

    return bound


def main(url: str, home: str, call: str = "", at: str = "0") -> None:
    """Seal until the end."""
    fail(call, int(at))
    settings = Settings(home=Path(home), database_url=SecretStr(url))
    Sealer(tracks(settings)[0], url, say=lambda words: print(words, flush=True)).run(Flag())  # noqa: T201 - its log


if __name__ == "__main__":
    main(*sys.argv[1:])
