"""A track: one hash, one tree over the whole record, one key. SHA-256 always; SM3 beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.keys import Signer
from adapters.seal.guard import Guard
from adapters.seal.key import signer_for
from adapters.seal.rows import Leaf
from adapters.seal.store import LogFiles
from adapters.settings import Settings
from hub.record import leaf_hash
from hub.seal.merkle import Digest, sha256

SHA256 = "sha256"


@dataclass(frozen=True)
class Track:
    """Everything the sealer must know of one tree.

    A track that is added later starts at nothing and catches up over the whole history. Its
    `leaf` is computed from the row; its signer is opened when it begins to seal.
    """

    name: str
    files: LogFiles
    guard: Guard
    leaf: Leaf
    open_signer: Callable[[], Signer]


def track(
    name: str,
    folders: tuple[Path, Path],
    digest: Digest,
    leaf: Leaf,
    open_signer: Callable[[Guard], Signer],
) -> Track:
    """Put a track together; `folders` are those of its log and of its guard."""
    log, kept = folders
    guard = Guard(kept, digest)
    return Track(name, LogFiles(log, digest), guard, leaf, lambda: open_signer(guard))


def sha256_track(settings: Settings) -> Track:
    """Return the track every hub has."""
    return track(
        SHA256,
        (settings.log_dir, settings.guard_dir),
        sha256,
        leaf_hash,
        lambda guard: signer_for(settings, guard),
    )


def tracks(settings: Settings) -> tuple[Track, ...]:
    """Return the tracks of this hub; a sealer works on each."""
    return (sha256_track(settings),)
