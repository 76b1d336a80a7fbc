"""`hub up`: everything, in one command."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from adapters.cli.options import HomeOption, note

PortOption = Annotated[int | None, typer.Option("--port", help="Port of the HTTP server.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="API processes to run.")]


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(up)


def up(home: HomeOption = None, port: PortOption = None, workers: WorkersOption = None) -> None:
    """Start everything; Ctrl-C stops it and keeps it.

    PostgreSQL, NATS, API, projections, relay and clock, on one home.
    """
    from adapters.main import running_hub
    from adapters.settings import load

    settings = load(home=home, port=port, workers=workers)
    with ended_by_signal() as stopped, running_hub(settings, note) as hub:
        note(f"The hub is up at {hub.url}")
        note(f"  API docs  {hub.url}/api/docs")
        note(f"  home      {settings.home}")
        note("Ctrl-C stops it; everything is kept for the next `hub up`.")
        hub.serve_until(stopped.wait)
        note("Stopping ...")
    note("Stopped.")


@contextmanager
def ended_by_signal() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C, `kill` or a closed terminal sets; a second one interrupts."""
    stopped = threading.Event()

    def heard(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, heard) for one in signals}
    try:
        yield stopped
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
