"""The log's signing key: made at the first start, read at every other, never by the database.

A key is good for one origin. Who must change it (stolen, lost, device replaced) starts a new
origin with `hub seal restart`: a log that signed with two keys could have told two stories.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from adapters.keys import BadKey, FileSigner, Signer
from adapters.seal import disk
from adapters.seal.guard import Guard
from adapters.settings import Settings
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import Note, Signature

DEVICE = "pkcs11:"
"""How the setting `log_key` begins when the key lies in a device."""


def signer_for(settings: Settings, guard: Guard) -> Signer:
    """Open the key that the settings name; raises BadKey with what to do.

    Only a log that never signed gets a new key.
    """
    if settings.log_key.startswith(DEVICE):
        return _in_device(settings, guard)
    path = Path(settings.log_key)
    if path.exists():
        signer = FileSigner.read(path)
        if settings.origin not in {None, signer.key.name}:
            raise BadKey(
                f"The key in {path} belongs to the log {signer.key.name}, but the setting origin "
                f"says {settings.origin}. Take the setting away, or start that log with "
                f"`hub seal restart --origin {settings.origin} --reason TEXT`."
            )
        return signer
    last = guard.last()
    if last is not None:
        raise gone(path, last.origin)
    return FileSigner.create(path, settings.origin or made_up_origin())


def gone(path: Path, origin: str) -> BadKey:
    """Return what to say where a log has signed and its key file is not there any more."""
    return BadKey(
        f"The key file {path} of the log {origin} is gone. Bring its copy back, or start "
        "a new log with `hub seal restart --origin NAME --reason TEXT`."
    )


def made_up_origin() -> str:
    """Return a name for a log that nobody named."""
    return f"shuqiao/{secrets.token_hex(8)}"


class NextKey(NamedTuple):
    """The key of a log that is about to begin, and how it is put in the place of the old one."""

    signer: Signer
    install: Callable[[], None]
    installed: bool = False


def next_key(settings: Settings, origin: str) -> NextKey:
    """Make, or find again, the key for a new log; raises BadKey.

    In a device the setting must name the new key before; a file is made beside the old one.
    """
    if settings.log_key.startswith(DEVICE):
        return NextKey(_open_device(settings.log_key, origin), lambda: None)
    return next_file(FileSigner, Path(settings.log_key), origin)


class KeyFile(Protocol):
    """A kind of key that is kept in a file."""

    @classmethod
    def read(cls, path: Path) -> Signer:
        """Read a key file; raises BadKey."""
        ...

    @classmethod
    def create(cls, path: Path, name: str) -> Signer:
        """Make a key in a new file; raises BadKey."""
        ...


def next_file(kind: type[KeyFile], path: Path, origin: str) -> NextKey:
    """Make a key file beside the old one, or find it again; raises BadKey."""
    held = _readable(kind, path)
    if held is not None and held.key.name == origin:
        return NextKey(held, lambda: None, installed=True)
    draft = path.with_name(f"{path.name}.next")
    begun = _readable(kind, draft)
    if begun is None or begun.key.name != origin:
        draft.unlink(missing_ok=True)
        begun = kind.create(draft, origin)
    return NextKey(begun, lambda: _install(kind, draft, path))


def _install(kind: type[KeyFile], draft: Path, path: Path) -> None:
    """Put a key file in its place; the old one stays under the name of its log's end."""
    if path.exists():
        old = _readable(kind, path)
        end = "damaged" if old is None else f"ended-{old.key.key_id.hex()}"
        path.replace(path.with_name(f"{path.name}.{end}"))
    draft.replace(path)
    disk.flush(path.parent)


def _readable(kind: type[KeyFile], path: Path) -> Signer | None:
    """Return the key in a file, None where there is none or a damaged one."""
    try:
        return kind.read(path)
    except BadKey:
        return None


def sign(signer: Signer, head: Checkpoint) -> Note:
    """Return the signed note of a checkpoint; the guard must hold this checkpoint before."""
    key = signer.key
    blob = signer.sign(head.text.encode())
    return Note(head.text, (Signature(key.name, key.key_id, blob),))


def with_more(note: Note, more: list[Signature]) -> Note:
    """Return a note with further signatures; a key that signed it already is not added again."""
    every: dict[tuple[str, bytes], Signature] = {}
    for each in (*note.signatures, *more):
        every.setdefault((each.name, each.key_id), each)
    return Note(note.text, tuple(every.values())[: notes.SIGNATURES_MAX])


def _in_device(settings: Settings, guard: Guard) -> Signer:
    last = guard.last()
    origin = settings.origin or (None if last is None else last.origin)
    if origin is None:
        raise BadKey("A key in a device has no name of its own: set the setting origin.")
    return _open_device(settings.log_key, origin)


def _open_device(uri: str, origin: str) -> Signer:
    try:
        from adapters.seal.pkcs11 import DeviceSigner  # noqa: PLC0415 - an extra, not always there
    except ImportError as error:
        raise BadKey(
            "The setting log_key names a key in a device, but the library for it is not installed: "
            "`pip install 'shuqiao[hsm]'`."
        ) from error
    return DeviceSigner.open(uri, origin)
