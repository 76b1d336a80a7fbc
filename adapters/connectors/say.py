"""What the adapter says while it runs: sentences for people, or JSON lines for machines."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import structlog
from rich.progress import Progress


def logger_for(form: Literal["console", "json"]) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that writes one line per event to standard error."""
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False, key="ts"),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )
    return logger


class Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, *, shown: bool) -> None:
        """Show bars only to somebody who watches."""
        self._shown = shown

    @contextmanager
    def over(self, path: Path, size: int) -> Iterator["Counter"]:
        """Count bytes of one file while it is sent or received."""
        if not self._shown:
            yield Counter(None, None)
            return
        with Progress(transient=True) as progress:
            yield Counter(progress, progress.add_task(path.name, total=size or None))


class Counter:
    """Counts bytes into a bar, if there is one."""

    def __init__(self, progress: Progress | None, task: object) -> None:
        """Count into this bar."""
        self._progress, self._task = progress, task

    def add(self, size: int) -> None:
        """Count so many bytes more."""
        if self._progress is not None:
            self._progress.advance(self._task, size)  # type: ignore[arg-type]  # its own task id
