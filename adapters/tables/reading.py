"""Reading a table file piece by piece: CSV in UTF-8 or GB18030, workbooks (XLSX).

Every value is text, trimmed of nothing; the check decides what it means. Guessing an encoding
from a sample is unsafe with Chinese text, so the whole file is decoded strictly: UTF-8 first (with
or without a byte order mark), then GB18030, unless the sender says which it is.
"""

import codecs
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

BLOCK_BYTES = 4 * 1024 * 1024
ROWS_AT_ONCE = 50_000
WORKBOOK_BYTES_MAX = 256 * 1024 * 1024
"""Largest workbook, unpacked; more rows go into a CSV file, which is read piece by piece."""
RECORD_CHARACTERS_MAX = 32 * 1024 * 1024
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {".csv": CSV, ".txt": CSV, ".xlsx": XLSX}
"""File name endings of tables -> their content type."""
ENCODINGS = ("utf-8", "gb18030")
_SEPARATORS = ",\t;|"


class Unreadable(Exception):
    """The file cannot be read as a table; the sentence says why, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        """Keep both sentences."""
        super().__init__(en)
        self.en, self.zh = en, zh


@dataclass(frozen=True)
class Table:
    """A file that can be read as a table: its columns as the header names them."""

    path: Path
    content_type: str
    encoding: str
    separator: str
    columns: tuple[str, ...]

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in order, some tens of thousands at a time; all columns are text."""
        if self.content_type == XLSX:
            yield from _sheet_rows(self.path).iter_slices(ROWS_AT_ONCE)
            return
        first = True
        for block in _records(_text(self.path, self.encoding)):
            body = _after_header(block) if first else block
            first = False
            if body.strip():
                yield _parsed(body, len(self.columns), self.separator)


def open_table(path: Path, content_type: str, encoding: str = "") -> Table:
    """Return the table in a file; raises Unreadable.

    `content_type` is CSV or XLSX, `encoding` one of ENCODINGS or empty to find out.
    """
    if content_type == XLSX:
        frame = _sheet_rows(path)
        return Table(path, XLSX, "", "", tuple(_name(column) for column in frame.columns))
    chosen = _encoding(path, (encoding,) if encoding else ENCODINGS)
    header = _first_record(path, chosen)
    separator = max(_SEPARATORS, key=header.count) if header else ","
    separator = separator if separator in header else ","
    names = _parsed(header, None, separator).row(0) if header.strip() else ()
    return Table(path, CSV, chosen, separator, tuple(_name(name or "") for name in names))


def _encoding(path: Path, candidates: tuple[str, ...]) -> str:
    for candidate in candidates:
        try:
            for _ in _text(path, candidate):
                pass
        except UnicodeDecodeError:
            continue
        return candidate
    tried = " or ".join(candidates)
    raise Unreadable(
        f"the file is not text in {tried}; save it as CSV UTF-8",
        f"文件不是{tried}编码的文本，请另存为CSV UTF-8",
    )


def _text(path: Path, encoding: str) -> Iterator[str]:
    """Yield a file's text in blocks; raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
    with path.open("rb") as file:
        while data := file.read(BLOCK_BYTES):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)


def _records(blocks: Iterator[str]) -> Iterator[str]:
    """Cut text only where a record ends: at a line end outside quotes."""
    rest = ""
    for block in blocks:
        rest += block
        cut = rest.rfind("\n")
        while cut >= 0 and rest.count('"', 0, cut) % 2:
            cut = rest.rfind("\n", 0, cut)
        if cut >= 0:
            yield rest[: cut + 1]
            rest = rest[cut + 1 :]
        elif len(rest) > RECORD_CHARACTERS_MAX:
            raise _torn()
    if rest:
        yield rest


def _first_record(path: Path, encoding: str) -> str:
    start = next(iter(_text(path, encoding)), "")
    end = start.find("\n")
    while end >= 0 and start.count('"', 0, end) % 2:
        end = start.find("\n", end + 1)
    return start if end < 0 else start[: end + 1]


def _after_header(block: str) -> str:
    end = block.find("\n")
    while end >= 0 and block.count('"', 0, end) % 2:
        end = block.find("\n", end + 1)
    return "" if end < 0 else block[end + 1 :]


def _parsed(text: str, columns: int | None, separator: str) -> pl.DataFrame:
    schema = None if columns is None else {str(n): pl.String() for n in range(columns)}
    try:
        return pl.read_csv(
            io.BytesIO(text.encode()),
            has_header=False,
            schema=schema,
            infer_schema=False,
            separator=separator,
            truncate_ragged_lines=False,
        )
    except pl.exceptions.PolarsError as wrong:
        raise _torn() from wrong


def _torn() -> Unreadable:
    return Unreadable(
        "a row has more fields than the header, or a quote is not closed",
        "某行字段数多于表头，或引号未闭合",
    )


def _sheet_rows(path: Path) -> pl.DataFrame:
    """Return the first sheet of a workbook, every cell as text."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > WORKBOOK_BYTES_MAX:
            most = WORKBOOK_BYTES_MAX // 1048576
            raise Unreadable(
                f"the workbook is larger than {most} MB unpacked; send it as CSV",
                f"工作簿解压后超过{most} MB，请改用CSV",
            )
        sheet = fastexcel.read_excel(path).load_sheet(
            0, dtypes="string", skip_whitespace_tail_rows=True
        )
    except (zipfile.BadZipFile, fastexcel.FastExcelError, OSError, KeyError) as wrong:
        raise Unreadable(
            "the file is no workbook that can be read; save it as XLSX anew or as CSV",
            "无法读取该工作簿，请重新另存为XLSX或CSV",
        ) from wrong
    return sheet.to_polars()


def _name(column: str) -> str:
    return unicodedata.normalize("NFC", column).strip()
