"""The relay process: `python -m adapters.nats`."""

import asyncio
import signal
import sys

import structlog

from adapters.archive.door import hand_in
from adapters.nats.relay import Relay
from adapters.settings import load


def main() -> None:
    """Relay until told to stop."""
    settings = load()
    if settings.database_url is None or settings.nats_url is None:
        sys.exit("HUB_DATABASE_URL and HUB_NATS_URL must say which record goes to which NATS")
    hand_in(settings)
    if settings.log_format == "json":
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper(fmt="iso", key="ts", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    relay = Relay(settings.database_url.get_secret_value(), settings.nats_url.get_secret_value())
    asyncio.run(_until_told(relay))


async def _until_told(relay: Relay) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await relay.run()
    except asyncio.CancelledError:
        return  # what is on its way is numbered; the next start goes on from where the stream is


if __name__ == "__main__":
    main()
