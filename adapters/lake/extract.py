"""Extracts: the columns of a file that a grant covers, as a file of their own.

The same source and columns always give the same bytes: CSV in UTF-8, one line end, item names as
header, days without a time of day. An extract is stored like any payload; what it was made from
is written beside, so that it is made once.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO

import msgspec
import polars as pl

from adapters.lake.store import PREFIX, PayloadStore
from adapters.tables.checking import columns_of
from adapters.tables.items import ItemSpec
from adapters.tables.reading import open_table
from hub.catalog.kinds import ItemType

_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?$"
_FORM = "1"
"""Rises when the form of extracts changes, so that older ones are not taken for the new form."""


class Extract(msgspec.Struct, frozen=True):
    """An extract: the digest under which it is stored, its size and rows."""

    sha256: str
    bytes: int
    rows: int


def extract(
    store: PayloadStore, sha256: str, content_type: str, specs: tuple[ItemSpec, ...]
) -> Extract:
    """Return the extract with just these columns, made now if it was not before.

    Call it in a thread. Raises Unreadable for a file that is no table.
    """
    note = _note(store, sha256, specs)
    if note.is_file():
        known = msgspec.json.decode(note.read_bytes(), type=Extract)
        if store.size(known.sha256) is not None:
            return known
    made = _make(store, store.path(sha256), content_type, specs)
    note.parent.mkdir(parents=True, exist_ok=True)
    temporary = note.with_suffix(f".{hashlib.sha256(made.sha256.encode()).hexdigest()[:8]}")
    temporary.write_bytes(msgspec.json.encode(made))
    temporary.replace(note)
    return made


def _note(store: PayloadStore, sha256: str, specs: tuple[ItemSpec, ...]) -> Path:
    words = [(spec.name, spec.title, spec.data_type) for spec in specs]
    columns = hashlib.sha256(msgspec.json.encode([_FORM, words])).hexdigest()
    digest = sha256.removeprefix(PREFIX)
    return store.folder / "extracts" / digest[:2] / digest / f"{columns}.json"


def _make(
    store: PayloadStore, source: Path, content_type: str, specs: tuple[ItemSpec, ...]
) -> Extract:
    table = open_table(source, content_type)
    places = columns_of(table, specs)
    taken = [spec for spec in specs if spec.name in places]
    rows = 0

    def fill(file: BinaryIO) -> None:
        nonlocal rows
        header = pl.DataFrame({spec.name: pl.Series([], dtype=pl.String) for spec in taken})
        header.write_csv(file)
        for piece in table.pieces():
            rows += piece.height
            part = piece.select(_column(spec, places[spec.name]) for spec in taken)
            part.write_csv(file, include_header=False)

    digest, size = store.make(fill)
    return Extract(digest, size, rows)


def _column(spec: ItemSpec, number: int) -> pl.Expr:
    column = pl.nth(number)
    if spec.data_type is ItemType.DATE:
        column = column.str.replace(_MIDNIGHT, "")
    return column.alias(spec.name)
