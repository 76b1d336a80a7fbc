"""The sealer process: `python -m adapters.seal`."""

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from threading import Event as Flag

import structlog

from adapters.seal.after import AfterSigning, Hooks
from adapters.seal.sealer import Sealer
from adapters.seal.track import Track, tracks
from adapters.settings import Settings, load

log = structlog.get_logger("adapters.seal")


def main() -> None:
    """Seal until told to stop."""
    gc.freeze()  # what is loaded by now is never garbage
    settings = load()
    if settings.database_url is None:
        sys.exit("HUB_DATABASE_URL is not set: the sealer needs to know which record to seal")
    if settings.log_format == "json":
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper(fmt="iso", key="ts", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    asyncio.run(run(settings.database_url.get_secret_value(), settings))


def after_signing(settings: Settings, track: Track) -> Sequence[AfterSigning]:
    """Return who hears of each checkpoint of a track: witnesses, the day's stamp."""
    del settings, track
    return ()


async def run(url: str, settings: Settings) -> None:
    """Run one sealer per track, each in a thread, until SIGTERM or Ctrl-C."""
    loop, stop = asyncio.get_running_loop(), Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.gather(
        *(
            asyncio.to_thread(
                Sealer(
                    track,
                    url,
                    say=log.warning,
                    hooks=Hooks(after_signing(settings, track), loop, log.warning),
                ).run,
                stop,
            )
            for track in tracks(settings)
        )
    )


if __name__ == "__main__":
    main()
