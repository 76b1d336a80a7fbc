"""What stands in a folder of the archive: `manifest.json`, written last."""

from hashlib import sha256
from pathlib import Path

import msgspec

from hub.seal.merkle import HASH_BYTES
from projections.archived import ArchiveProblem

FORMAT = 1
NAME = "manifest.json"
INDEX = "streams.index"
EVENTS, TAIL = "events", "tail"
"""How the folder of a whole partition begins, and the folder of what comes behind the last."""
_DIGITS = 12


class Subtree(msgspec.Struct, frozen=True, array_like=True):
    """The hash over the leaves index * 2**level up to the next multiple, in hexadecimal."""

    level: int
    index: int
    hash: str


class File(msgspec.Struct, frozen=True):
    """A file of the folder: its name, bytes and SHA-256."""

    name: str
    bytes: int
    sha256: str


class Events(msgspec.Struct, frozen=True):
    """A file of events: their positions, without a gap, and the subtrees over their leaves."""

    file: File
    first: int
    last: int
    subtrees: tuple[Subtree, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One folder. `root` is that of the log over positions 1 to `last`.

    `checkpoint` is the log's signed note when the folder was written (none in a hub without a
    sealer); where its size is beyond `last`, `consistency` proves that it continues `root`.
    """

    format: int
    first: int
    last: int
    partition_rows: int
    root: str
    checkpoint: str | None
    consistency: tuple[str, ...]
    events: tuple[Events, ...]
    commands: tuple[File, ...]
    index: File

    @property
    def files(self) -> tuple[File, ...]:
        """Every file the folder must hold beside the manifest."""
        return (*(one.file for one in self.events), *self.commands, self.index)


def folder_name(kind: str, first: int, last: int) -> str:
    """Return the name of a folder; as text they sort by position."""
    return f"{kind}-{first:0{_DIGITS}}-{last:0{_DIGITS}}"


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of manifest.json."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def digest(folder: Path) -> bytes:
    """Return the SHA-256 of a folder's manifest, which the database keeps."""
    return sha256((folder / NAME).read_bytes()).digest()


def read(folder: Path, known: bytes | None = None) -> Manifest:
    """Read a folder's manifest, and check it against its SHA-256 where that is known.

    Raises ArchiveProblem that names the file.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArchiveProblem(
            f"the archive lacks {path} ({error.strerror}): bring the folder back from its copy, "
            "or set archive_dir to where it is"
        ) from error
    if known is not None and sha256(data).digest() != known:
        raise ArchiveProblem(f"{path} is not the file that was written; bring back its copy")
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ArchiveProblem(f"{path} is damaged ({error}); bring back its copy") from error
    if manifest.format != FORMAT:
        raise ArchiveProblem(f"{path} has format {manifest.format}; this program reads {FORMAT}")
    _check(manifest, path)
    return manifest


def _check(manifest: Manifest, path: Path) -> None:
    """Raise ArchiveProblem unless the files of events follow one another over the whole range."""
    expected = manifest.first
    for one in manifest.events:
        if one.first != expected or one.last < one.first:
            raise ArchiveProblem(f"{path} leaves a gap before position {one.first}")
        expected = one.last + 1
    if expected != manifest.last + 1 or len(bytes.fromhex(manifest.root)) != HASH_BYTES:
        raise ArchiveProblem(f"{path} does not reach its last position {manifest.last}")
    if any(Path(one.name).name != one.name for one in manifest.files):
        raise ArchiveProblem(f"{path} names a file outside of its folder")
