"""Events and answers as rows of Parquet, and back: the same values, byte for byte."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, TypeVar

import msgspec
import polars as pl

from hub.record import Recorded, leaf_hash, rfc3339
from projections.archived import ArchiveProblem

ROWS_IN_GROUP = 16_384
"""Rows of a Parquet row group: what is unpacked to read one event."""
COMPRESSION_LEVEL = 3
_MOMENT = pl.Datetime("us", "UTC")
EVENTS = {
    "position": pl.Int64(),
    "stream_id": pl.String(),
    "version": pl.Int32(),
    "topic": pl.String(),
    "schema_version": pl.Int16(),
    "recorded_at": _MOMENT,
    "state": pl.Binary(),
    "leaf": pl.Binary(),
}
"""The columns of record.events, in the order of `Recorded`."""
COMMANDS = {
    "command_id": pl.String(),
    "fingerprint": pl.Binary(),
    "first": pl.Int64(),
    "count": pl.Int32(),
    "recorded_at": _MOMENT,
}
"""The columns of record.commands."""

_Row = TypeVar("_Row")
_Read = TypeVar("_Read")


class Command(msgspec.Struct, frozen=True, gc=False):
    """The answer a command got: a row of record.commands."""

    command_id: str
    fingerprint: bytes
    first: int
    count: int
    recorded_at: datetime


class Leaves:
    """Computes leaves; events of one commit share their time, which is written as text once."""

    def __init__(self) -> None:
        """Begin with no time."""
        self._at: datetime | None = None
        self._text = ""

    def __call__(self, event: Recorded) -> bytes:
        """Return the leaf that belongs to an event's bytes."""
        if event.recorded_at != self._at:
            self._at = event.recorded_at
            self._text = rfc3339(event.recorded_at)
        return leaf_hash(event, self._text)


def first_damaged(events: Iterable[Recorded]) -> int | None:
    """Return the first position whose leaf does not belong to its bytes, None when all do."""
    leaf = Leaves()
    for event in events:
        try:
            fits = leaf(event) == event.leaf
        except (TypeError, ValueError):  # text that is no text any more
            fits = False
        if not fits:
            return event.position
    return None


def parquet(rows: Sequence[Any], columns: dict[str, Any], notes: dict[str, str]) -> bytes:
    """Return rows (structs whose fields are these columns) as a Parquet file."""
    values = {name: [getattr(row, name) for row in rows] for name in columns}
    file = BytesIO()
    pl.DataFrame(values, schema=columns).write_parquet(
        file,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        row_group_size=ROWS_IN_GROUP,
        metadata={f"shuqiao.{name}": text for name, text in notes.items()},
    )
    return file.getvalue()


def rows_of(
    frame: pl.DataFrame, row: Callable[..., _Row], columns: Iterable[str], what: str
) -> list[_Row]:
    """Return the rows of a frame; raises ArchiveProblem for values that are none of ours."""

    def rows() -> list[_Row]:
        return list(map(row, *(frame.get_column(name).to_list() for name in columns)))

    return opened(what, rows)


def opened(what: str, read: Callable[[], _Read]) -> _Read:
    """Read Parquet; raises ArchiveProblem that says what could not be read and why."""
    try:
        return read()
    except (pl.exceptions.PolarsError, ArithmeticError, OSError, ValueError) as error:
        raise ArchiveProblem(f"{what} cannot be read ({_first_line(error)})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how Polars reports some damaged files
            raise
        raise ArchiveProblem(f"{what} is damaged ({_first_line(error)})") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
