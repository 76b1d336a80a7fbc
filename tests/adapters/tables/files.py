"""Small real files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import xlsxwriter

from adapters.tables.items import ItemSpec
from hub.catalog.kinds import ItemType

if TYPE_CHECKING:
    from pathlib import Path

SPECS = (
    ItemSpec("zjh", "证号", ItemType.CHARACTER, 18, is_key=True),
    ItemSpec("姓名", "", ItemType.CHARACTER, 4),
    ItemSpec("日期", "", ItemType.DATE),
    ItemSpec("金额", "", ItemType.MONEY, 6),
)
HEADER = "证号,姓名,日期,金额\n"
GOOD = HEADER + "A1,张三,2026-03-01,12.50\nA2,李四,20260302,\nA3,,2026/03/03,-7\n"


def csv(folder: Path, text: str, name: str = "births.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, rows: list[list[object]], name: str = "births.xlsx") -> Path:
    path = folder / name
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, value, day)
            else:
                sheet.write(number, column, value)
    book.close()
    return path
