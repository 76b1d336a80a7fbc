"""The witness inside the adapter: each cycle it looks whether the hub's log continues itself.

A fork is an error in the log lines, evidence in the state folder, and no reason to stop the
deliveries: the department goes on with its work and no longer puts its name to the log.
"""

import sqlite3

import structlog

from adapters.connectors.config import Config, ConfigProblem
from adapters.keys import BadKey, FileSigner
from adapters.witness.memory import Memory, MemoryProblem
from adapters.witness.mirror import Mirror, MirrorDamaged
from adapters.witness.pull import HubLog, Outcome, Puller
from adapters.witness.running import KEY, MIRROR, AlreadyRunning, Watch
from adapters.witness.witness import Witness
from hub.seal.note import COSIGNATURE, VerifierKey

FOLDER = "witness"
"""Below the adapter's state folder."""


class Witnessing:
    """One adapter's witness, on a folder of its own."""

    def __init__(self, config: Config, log: structlog.typing.FilteringBoundLogger) -> None:
        """Open key, memory and mirror; raises ConfigProblem."""
        part = config.witness
        assert part is not None, "it is asked for"
        folder = config.adapter.state / FOLDER
        key = VerifierKey.parse(part.log_key)
        try:
            signer = FileSigner.of(folder / KEY, part.name, COSIGNATURE)
            if signer.key.name != part.name:
                raise ConfigProblem(
                    f"the witness's key in {folder / KEY} is that of {signer.key.name}, not of"
                    f" {part.name}"
                )
            witness = Witness(Memory(folder), signer, [key])
            mirror = Mirror(folder / MIRROR) if part.mirror else None
        except (BadKey, MemoryProblem, MirrorDamaged, AlreadyRunning, sqlite3.Error) as wrong:
            raise ConfigProblem(str(wrong)) from wrong
        self._log = HubLog(config.hub.url, config.hub.ca_file)
        self._watch = Watch(
            Puller(witness, key.name, self._log, mirror), part.every_seconds, log.info, log.error
        )
        log.info("witness", key=signer.key.text, log=key.name)

    def close(self) -> None:
        """Hang up."""
        self._log.close()

    def look_if_due(self) -> bool:
        """Look at the log when it is time; return False when that came to nothing."""
        if self._watch.seconds_left > 0:
            return True
        step = self._watch.look()
        return step.outcome in {Outcome.COSIGNED, Outcome.UNCHANGED}
