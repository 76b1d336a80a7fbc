"""Small real files for the year's batches: CSV in UTF-8 or GB18030, XLSX; invented rows only."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import msgspec
import xlsxwriter

from adapters.demo.entries import COLUMNS, Planned
from adapters.demo.step import Dice

_UNITS = ("一科", "二科", "综合科", "窗口")
_STREETS = ("湖滨路", "云泽大道", "文昌街", "建设路", "解放路")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class File(msgspec.Struct, frozen=True):
    """A file to deliver: its name, kind, bytes and number of rows."""

    name: str
    content_type: str
    content: bytes
    rows: int


def make(entry: Planned, period: str, last: date, seed: int, *, broken: bool = False) -> File:
    """Return the file of one period; a broken one has a row that cannot be."""
    dice = Dice(seed, f"table/{entry.entry_id}/{period}/{broken}")
    rows = [_row(entry, number, period, last, dice) for number in range(dice.random.randint(6, 30))]
    if broken:
        _break(rows, [kind for _, kind, _ in COLUMNS[entry.form]])
    header = [name for name, _, _ in COLUMNS[entry.form]]
    if entry.method == "file" and entry.form == "list":
        content = _workbook(header, rows)
        return File(f"{entry.title}_{period}.xlsx", XLSX, content, len(rows))
    # Half of the departments' systems still write GB18030.
    encoding = "gb18030" if len(entry.owner) % 2 else "utf-8"
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    return File(
        f"{entry.title}_{period}.csv", "text/csv", text.getvalue().encode(encoding), len(rows)
    )


def _break(rows: list[list[str]], kinds: list[str]) -> None:
    """Spoil one row: a date or number that is none, or a key that stands twice."""
    column = next((n for n, kind in enumerate(kinds) if kind in "DTIN"), 0)
    rows[-1][column] = "不详" if column else rows[0][column]


def _row(entry: Planned, number: int, period: str, last: date, dice: Dice) -> list[str]:
    draw, day = dice.random, last - timedelta(days=dice.random.randint(0, 20))
    code = f"{entry.owner[:3].upper()}{period.replace('-', '')}{number:04d}"
    name = f"{draw.choice(_STREETS)}第{draw.randint(1, 99)}号{entry.subject}"
    rows = {
        "registration": [code, name, day.isoformat(), draw.choice(("有效", "注销"))],
        "licence": [code, name, (day + timedelta(days=1095)).isoformat(), str(draw.randint(1, 9999))],
        "statistics": [code, str(last.year), str(draw.randint(1, 99999)), "个"],
        "list": [code, name, f"云泽市{draw.choice(_STREETS)}{draw.randint(1, 300)}号", draw.choice(_UNITS)],
        "inspection": [code, name, day.isoformat(), draw.choice(("是", "否"))],
        "change": [code, f"{entry.subject}变更", f"{day.isoformat()} {draw.randint(9, 17):02d}:30:00",
                   draw.choice(_UNITS)],
    }  # fmt: skip
    return rows[entry.form]


def _workbook(header: list[str], rows: list[list[str]]) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    # A fixed date, so that the same rows are the same bytes.
    book.set_properties({"created": datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet("数据")
    for number, row in enumerate([header, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return stream.getvalue()
