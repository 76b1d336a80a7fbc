"""The sealer process: `python -m adapters.seal`."""

import asyncio
import gc
import os
import signal
import sys
from threading import Event as Flag

import structlog

from adapters.archive.door import hand_in
from adapters.keys import BadKey
from adapters.seal import cosign, stamp
from adapters.seal.after import Hooks
from adapters.seal.policy import BadPolicy, read_policy
from adapters.seal.sealer import Sealer
from adapters.seal.track import SHA256, Track, tracks
from adapters.settings import Settings, load
from hub.seal.policy import Policy

NICE = 19
"""Commands come first: the sealer takes what they leave. Seen beside 17,000 commands a second: no
less of them, and everything sealed within a second after the burst."""

log = structlog.get_logger("adapters.seal")


def main() -> None:
    """Seal until told to stop."""
    gc.freeze()  # what is loaded by now is never garbage
    os.nice(NICE)
    settings = load()
    if settings.database_url is None:
        sys.exit("HUB_DATABASE_URL is not set: the sealer needs to know which record to seal")
    hand_in(settings)
    if settings.log_format == "json":
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper(fmt="iso", key="ts", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
        )
    try:
        asyncio.run(run(settings.database_url.get_secret_value(), settings))
    except BadKey as wrong:
        sys.exit(str(wrong))


def policy_for(settings: Settings, track: Track) -> Policy | None:
    """Return who witnesses a track; a policy that cannot be read is said, and sealing goes on."""
    if track.name != SHA256:
        return None  # witnesses know Ed25519 and SHA-256
    try:
        return read_policy(settings.witness_policy)
    except BadPolicy as wrong:
        log.warning(
            "nobody witnesses until this is corrected and the hub restarted", why=str(wrong)
        )
        return None


async def run(url: str, settings: Settings) -> None:
    """Run one sealer per track, each in a thread, until SIGTERM or Ctrl-C."""
    loop, stop = asyncio.get_running_loop(), Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sealers: list[Sealer] = []
    asked: list[cosign.AskedWitness | stamp.DailyStamp] = []
    for track in tracks(settings):
        policy = policy_for(settings, track)
        witnesses = cosign.hooks(policy, track.files, log.warning)
        stamps = stamp.hooks(settings, track, url, log.warning)
        hooks = Hooks([*witnesses, *stamps], loop, log.warning)
        asked += [*witnesses, *stamps]
        sealers.append(Sealer(track, url, say=log.warning, hooks=hooks, policy=policy))
    await asyncio.gather(*(asyncio.to_thread(sealer.run, stop) for sealer in sealers))
    for each in asked:
        await each.close()


if __name__ == "__main__":
    main()
