"""Picking up files: those that have stopped growing, and of which period they are.

A file is ripe when two looks, some seconds apart, find the same size and time of change. Names of
unfinished files (`.part`, `.tmp`, `~$`, a leading dot) are passed over: a writer who renames his
file when it is whole is never read too early.
"""

import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from adapters.connectors.config import DeliverPart
from adapters.tables.reading import TYPES
from hub.convergence.period import KIND_OF_CYCLE, PeriodKind, period_of, read_period

UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
OPAQUE = "application/octet-stream"
_CHINA = timezone(timedelta(hours=8))
_IN_NAME = {
    PeriodKind.DAY: (r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)", "{}-{}-{}"),
    PeriodKind.WEEK: (r"(?<!\d)(\d{4})-?[Ww](\d{2})(?!\d)", "{}-W{}"),
    PeriodKind.MONTH: (r"(?<!\d)(\d{4})-?(\d{2})(?!\d)", "{}-{}"),
    PeriodKind.QUARTER: (r"(?<!\d)(\d{4})-?[Qq]([1-4])(?!\d)", "{}-Q{}"),
    PeriodKind.HALF: (r"(?<!\d)(\d{4})-?[Hh]([12])(?!\d)", "{}-H{}"),
    PeriodKind.YEAR: (r"(?<!\d)(\d{4})(?!\d)", "{}"),
}


class Folders:
    """What the last look at each folder saw, so that the next can tell what has stopped."""

    def __init__(self) -> None:
        """Nothing has been looked at yet."""
        self._last: dict[Path, tuple[int, int]] = {}

    def ripe(self, part: DeliverPart) -> list[Path]:
        """Return the files of a folder that are as they were at the last look, oldest first."""
        now: dict[Path, tuple[int, int, int]] = {}
        for path in part.folder.glob(part.pattern):
            if is_unfinished(path) or not path.is_file():
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            now[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        ripe = [
            path for path, (mtime, size, _) in now.items() if self._last.get(path) == (mtime, size)
        ]
        gone = [path for path in self._last if path.parent == part.folder and path not in now]
        for path in gone:
            del self._last[path]
        self._last |= {path: seen[:2] for path, seen in now.items()}
        return sorted(ripe, key=lambda path: (now[path][0], path.name))


def is_unfinished(path: Path) -> bool:
    """Say whether a name is that of a file somebody is still writing."""
    return path.name.startswith((".", "~$")) or path.suffix.lower() in UNFINISHED


def content_type_of(path: Path) -> str:
    """Return the content type of a file by its name."""
    return TYPES.get(path.suffix.lower(), OPAQUE)


def period_of_file(name: str, written_at: float, cycle: str, part: DeliverPart) -> str:
    """Return the period a file is the data of.

    Its name says so (`births-2026-03.csv`), else the day it was written does: the period that was
    running then, or the one before where the configuration says `previous`.
    """
    kind = KIND_OF_CYCLE.get(cycle, PeriodKind.DAY)
    named = _named(name, kind)
    if named:
        return named
    day = datetime.fromtimestamp(written_at, _CHINA).date()
    current = period_of(kind, day)
    if part.period == "current":
        return current.code
    return period_of(kind, current.first - timedelta(days=1)).code


def _named(name: str, kind: PeriodKind) -> str:
    pattern, form = _IN_NAME[kind]
    for found in re.finditer(pattern, name):
        code = form.format(*found.groups())
        try:
            if read_period(code).last <= date.max:
                return code
        except ValueError:
            continue
    return ""
