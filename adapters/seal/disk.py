"""Files that are whole or not there: written beside, flushed, put in place, and so on the disk."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DRAFT = ".new"
"""How a file ends while it is written; whatever is found so was never finished."""
_AT_ONCE = 16
"""Flushes asked for together share a commit of the file system's journal."""


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder; when this returns they and their names survive a power cut.

    All are written before the first is flushed, and all flushed before the first gets its name.
    Raises OSError; then some may be in place and others not.
    """
    touched: set[Path] = set()
    drafts: list[tuple[Path, Path]] = []
    for name, data in files.items():
        place = folder / name
        _make(place.parent, touched)
        draft = place.with_name(place.name + DRAFT)
        draft.write_bytes(data)
        drafts.append((draft, place))
        touched.add(place.parent)
    _flush_all(draft for draft, _ in drafts)
    for draft, place in drafts:
        draft.replace(place)
    _flush_all(touched)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_all(paths: Iterable[Path]) -> None:
    """Flush several together; raises OSError when one of them fails."""
    first, *rest = paths
    if not rest:
        flush(first)
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(flush, (first, *rest)))


def _make(folder: Path, touched: set[Path]) -> None:
    """Make a folder and note whose names changed by that."""
    if folder.is_dir():
        return
    _make(folder.parent, touched)
    folder.mkdir(exist_ok=True)
    touched.add(folder.parent)
