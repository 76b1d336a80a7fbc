"""What stands beside the log: the tree under national cryptography, and the days' time stamps."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from adapters.keys import BadKey
from adapters.seal import rows
from adapters.seal.proofs import key_of
from adapters.seal.stamp import FOLDER, NoStamp, check_stamp
from adapters.seal.track import Track, sm3_track
from adapters.seal.trouble import CannotSeal
from adapters.settings import Settings
from adapters.verify.finding import Kind, Wrong
from hub.errors import NotFound
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import Frontier
from hub.seal.note import NoteError
from hub.seal.tiles import BadTile
from projections.connect import connect

_EVENTS_AT_ONCE = 10_000
Progress = Callable[[int, int], None]


class Beside(NamedTuple):
    """How far the national track was verified, how many days' stamps hold, and what is wrong."""

    national: int
    stamps: int
    wrong: list[Wrong]


def beside(settings: Settings, url: str, progress: Progress | None = None) -> Beside:
    """Verify what this hub has beside its SHA-256 log; nothing where it has nothing."""
    size, wrong = _national(settings, url, progress) if settings.sm else (0, [])
    stamps, more = _stamps(settings)
    return Beside(size, stamps, wrong + more)


def _national(settings: Settings, url: str, progress: Progress | None) -> tuple[int, list[Wrong]]:
    """Hash the whole record again with SM3 and hold it against tiles, signature and guard."""
    from adapters.seal import national  # noqa: PLC0415 - an extra, not always there

    try:
        track = sm3_track(settings)
        signed = notes.parse(track.files.checkpoint() or b"")
        head = Checkpoint.parse(signed.text)
        last = track.guard.last()
        believed = notes.signed_by(signed, key_of(track.files), national.verify)
    except (NoteError, NotFound, CannotSeal, BadKey, OSError) as error:
        return 0, [_wrong(f"the SM3 track cannot be verified: {error}")]
    if not believed:
        return 0, [_wrong("the checkpoint of the SM3 track bears no valid SM2 signature")]
    if last is not None and last != head and last.size >= head.size:
        return 0, [_wrong(f"the guard of the SM3 track says {last.size}, its log {head.size}")]
    try:
        return _hashed(track, head, url, progress)
    except (BadTile, OSError) as error:
        return 0, [_wrong(f"the tiles of the SM3 track cannot be read: {error}")]


def _hashed(
    track: Track, head: Checkpoint, url: str, progress: Progress | None
) -> tuple[int, list[Wrong]]:
    frontier, tiles = Frontier(track.files.digest), track.files.tiles(head.size)
    with connect(url, purpose="verify") as connection:
        for after in range(0, head.size, _EVENTS_AT_ONCE):
            upto = min(after + _EVENTS_AT_ONCE, head.size)
            found = rows.read(connection, after, upto, track.leaf)
            for index, leaf in enumerate(found.hashes, after):
                if leaf != tiles.leaf(index):
                    return index, [_wrong("the SM3 of the row is not the log's", index + 1)]
            if found.trouble is not None:
                position = after + len(found.hashes) + 1
                return position - 1, [_wrong("the row differs from its leaf", position)]
            frontier.extend(found.hashes)
            if progress is not None:
                progress(upto, head.size)
    if frontier.root() != head.root:
        return 0, [_wrong("the SM3 root of the record is not the signed one")]
    return head.size, []


def _stamps(settings: Settings) -> tuple[int, list[Wrong]]:
    """Check the stamp of every day, where the authority's certificate is known."""
    if settings.tsa_certificate is None:
        return 0, []
    good, wrong = 0, list[Wrong]()
    for answer in sorted((settings.log_dir / FOLDER).glob("*.tsr")):
        try:
            _check_day(settings.tsa_certificate, answer)
        except (NoStamp, OSError) as error:
            sentence = f"the time stamp {answer.name} does not hold: {error}"
            wrong.append(_wrong(sentence, kind=Kind.STAMP))
        else:
            good += 1
    return good, wrong


def _check_day(certificate: Path, answer: Path) -> None:
    check_stamp(certificate, answer.with_suffix(".checkpoint").read_bytes(), answer.read_bytes())


def _wrong(sentence: str, position: int | None = None, kind: Kind = Kind.NATIONAL) -> Wrong:
    proves = (
        "the day's checkpoint, its stamp or the authority's certificate was changed"
        if kind is Kind.STAMP
        else "the record, the SM3 track or its key was changed; the other tree says which"
    )
    return Wrong(kind=kind, position=position, sentence=sentence, proves=proves)
