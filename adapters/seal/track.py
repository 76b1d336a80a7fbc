"""A track: one hash, one tree over the whole record, one key. SHA-256 always; SM3 beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.keys import BadKey, Signer
from adapters.seal.guard import Guard
from adapters.seal.key import NextKey, next_file, next_key, signer_for
from adapters.seal.rows import Leaf
from adapters.seal.store import LogFiles
from adapters.settings import Settings
from hub.record import leaf_hash
from hub.seal.merkle import sha256

SHA256, SM3 = "sha256", "sm3"


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
    next_key: Callable[[str], NextKey]
    """Make the key of a new log under a name; see `hub seal restart`."""


def sha256_track(settings: Settings) -> Track:
    """Return the track every hub has."""
    guard = Guard(settings.guard_dir, sha256)
    return Track(
        SHA256,
        LogFiles(settings.log_dir, sha256),
        guard,
        leaf_hash,
        lambda: signer_for(settings, guard),
        lambda origin: next_key(settings, origin),
    )


def sm3_track(settings: Settings) -> Track:
    """Return the track under national cryptography; raises BadKey without its library."""
    try:
        from adapters.seal import national  # noqa: PLC0415 - an extra, not always there
    except ImportError as error:
        raise BadKey(
            "The setting sm asks for national cryptography, but the library for it is not "
            "installed: `pip install 'shuqiao[sm]'`."
        ) from error
    guard = Guard(settings.guard_dir / SM3, national.sm3)
    first = sha256_track(settings)
    return Track(
        SM3,
        LogFiles(settings.log_dir / SM3, national.sm3),
        guard,
        national.sm3_leaf,
        lambda: national.sm2_signer_for(settings.sm_key, guard, first.open_signer),
        lambda origin: next_file(national.Sm2Signer, settings.sm_key, origin),
    )


def tracks(settings: Settings) -> tuple[Track, ...]:
    """Return the tracks of this hub; a sealer works on each."""
    first = sha256_track(settings)
    return (first, sm3_track(settings)) if settings.sm else (first,)


def track_of(settings: Settings, name: str) -> Track:
    """Return one track by its name; raises BadKey for one this hub does not have."""
    for track in tracks(settings):
        if track.name == name:
            return track
    raise BadKey(f"This hub has no track {name}; the setting sm switches on {SM3}.")
