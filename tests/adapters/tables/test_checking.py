"""Files are read whole and checked against the items; what is found are counts and rows."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tables import reading
from adapters.tables.checking import Report, check_file
from adapters.tables.items import ItemSpec, carried, specs_of_json
from adapters.tables.reading import CSV, XLSX, Unreadable, open_table
from hub.catalog.kinds import ItemType
from hub.convergence.kinds import CheckRule
from tests.adapters.tables.files import GOOD, HEADER, SPECS, csv, workbook

if TYPE_CHECKING:
    from pathlib import Path


def failed(report: Report) -> dict[tuple[str, str], list[int]]:
    return {(str(key[0]), key[1]): t.rows for key, t in report.tallies.items() if t.failed}


@pytest.mark.parametrize(
    ("encoding", "bom"), [("utf-8", False), ("utf-8-sig", True), ("gb18030", False)]
)
def test_a_good_file_passes_in_every_encoding(tmp_path: Path, encoding: str, *, bom: bool) -> None:
    path = csv(tmp_path, GOOD, encoding=encoding)
    report = check_file(path, CSV, SPECS)
    assert (report.rows, failed(report), report.problem) == (3, {}, "")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") is bom
    assert report.tally(CheckRule.TYPE, "金额").checked == 2, "empty values have no type"


def test_a_workbook_passes_with_real_dates_and_numbers(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["zjh", "姓名", "日期", "金额"],
        ["A1", "张三", datetime(2026, 3, 1), 12.5],  # noqa: DTZ001 - a sheet knows no zone
        ["A2", "李四", "2026-03-02", 7],
    ]
    report = check_file(workbook(tmp_path, rows), XLSX, SPECS)
    assert (report.rows, failed(report)) == (2, {})


def test_rows_are_named_as_the_clerk_counts_them(tmp_path: Path) -> None:
    text = HEADER + (
        "A1,张三,2026-02-30,12.50\n"
        "A1,张三欧阳修,2026-03-01,abc\n"
        ',李四,2026-03-01,"1,000"\n'
        "A4,李四,2026-03-01,1234567\n"
    )
    assert failed(check_file(csv(tmp_path, text), CSV, SPECS)) == {
        ("type", "日期"): [2],
        ("type", "金额"): [3, 4],
        ("length", "姓名"): [3],
        ("length", "金额"): [5],
        ("required", "zjh"): [4],
        ("key", ""): [3],
    }


def test_missing_and_foreign_columns_are_named(tmp_path: Path) -> None:
    text = "证号,姓名,日期,身份证\nA1,张三,2026-03-01,x\n"
    report = check_file(csv(tmp_path, text), CSV, SPECS)
    assert set(failed(report)) == {("header", "金额"), ("header", "身份证")}
    assert report.checks()[1] == {"rule": CheckRule.HEADER, "checked": 5, "failed": 2}
    assert report.rows == 1


def test_the_order_of_columns_does_not_matter_and_a_double_one_is_foreign(tmp_path: Path) -> None:
    text = "金额,日期,姓名,证号,姓名\n1,2026-03-01,张三,A1,李四\n"
    assert failed(check_file(csv(tmp_path, text), CSV, SPECS)) == {("header", "姓名"): []}


def test_quotes_line_breaks_tabs_and_carriage_returns_are_read(tmp_path: Path) -> None:
    text = (
        "zjh\t姓名\t日期\t金额\r\n"
        '"A\t1"\t"张\n三"\t2026-03-01\t1\r\n'
        'A2\t"他""说"\t2026-03-01\t2\r\n'
    )
    report = check_file(csv(tmp_path, text), CSV, SPECS)
    assert (report.rows, failed(report)) == (2, {})


def test_records_are_cut_at_line_ends_outside_quotes_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "".join(f'A{n},"张,\n{n}",2026-03-01,{n}.5\n' for n in range(500))
    path = csv(tmp_path, HEADER + body, encoding="gb18030")
    monkeypatch.setattr(reading, "BLOCK_BYTES", 37)
    table = open_table(path, CSV)
    rows = [row for piece in table.pieces() for row in piece.rows()]
    assert rows == [(f"A{n}", f"张,\n{n}", "2026-03-01", f"{n}.5") for n in range(500)]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00\x01\x80\xff",
        b"zjh,\xe5\xa7\n\x80\x80,1,2,3\n",
        "证号,姓名,日期,金额\nA1,b,2026-03-01,1,2,3\n".encode(),
    ],
)
def test_what_cannot_be_read_is_a_finding_not_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    report = check_file(path, CSV, SPECS)
    assert ("encoding", "") in failed(report)
    assert report.problem


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RECORD_CHARACTERS_MAX", 200)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 50)
    report = check_file(csv(tmp_path, HEADER + 'A1,"' + GOOD * 20), CSV, SPECS)
    assert "a quote is not closed" in report.problem
    assert report.rows == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"zjh\n"])
def test_what_is_no_workbook_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="no workbook"):
        open_table(path, XLSX)


def test_a_workbook_that_swells_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path, [["zjh"], *(list[object]([f"A{n}"]) for n in range(2000))])
    monkeypatch.setattr(reading, "WORKBOOK_BYTES_MAX", 10_000)
    with pytest.raises(Unreadable, match="send it as CSV"):
        open_table(path, XLSX)


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    report = check_file(csv(tmp_path, ""), CSV, SPECS)
    assert report.rows == 0
    assert len(failed(report)) == len(SPECS)


def test_a_declared_encoding_is_believed_and_checked(tmp_path: Path) -> None:
    path = csv(tmp_path, GOOD, encoding="gb18030")
    assert check_file(path, CSV, SPECS, "gb18030").ok
    assert not check_file(path, CSV, SPECS, "utf-8").ok


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ItemType.NUMERIC, ["1", "-2.5", "007"], ["1e3", "一", "1.", "1 2"]),
        (ItemType.MONEY, ["0.1234", "5"], ["0.12345", "¥5"]),
        (ItemType.INTEGER, ["+3", "-0"], ["3.0", "x"]),
        (ItemType.DOUBLE, ["1e-3", ".5", "2."], ["e3", "NaN?"]),
        (ItemType.LOGICAL, ["是", "否", "TRUE", "0"], ["也许", "2"]),
        (ItemType.DATE, ["2024-02-29", "2026年3月2日"], ["2026-02-29", "02/03/2026", "2026"]),
        (
            ItemType.DATETIME,
            ["2026-03-02 08:30:00", "2026-03-02T08:30:00Z", "20260302083000", "2026-03-02 08:30"],
            ["2026-03-02 25:00:00", "08:30"],
        ),
        (ItemType.MEMO, ["任何\n文字"], []),
    ],
)
def test_each_type_of_the_guide(
    tmp_path: Path, kind: ItemType, good: list[str], bad: list[str]
) -> None:
    spec = (ItemSpec("v", data_type=kind), ItemSpec("n"))
    lines = "".join(f'"{value}",x\n' for value in (*good, *bad))
    report = check_file(csv(tmp_path, "v,n\n" + lines), CSV, spec)
    expected = list(range(2 + len(good), 2 + len(good) + len(bad)))
    assert report.tally(CheckRule.TYPE, "v").rows == expected


@given(st.lists(st.text(alphabet='ab,"\n\r 张|;', max_size=6), min_size=1, max_size=30))
def test_any_values_come_back_as_they_were(values: list[str]) -> None:
    import csv as writer  # noqa: PLC0415 - the name is taken above
    import io  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    text = io.StringIO()
    lines = writer.writer(text, lineterminator="\n", quoting=writer.QUOTE_ALL)
    lines.writerow(["v", "n"])
    lines.writerows([value, "x"] for value in values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(text.getvalue().encode())
        rows = [row for piece in open_table(path, CSV).pieces() for row in piece.rows()]
    assert [(row[0] or "", row[1]) for row in rows] == [(value, "x") for value in values]


def test_what_a_resource_carries_is_a_part_of_the_entry() -> None:
    assert carried(SPECS, ()) == SPECS
    assert [spec.name for spec in carried(SPECS, ("金额", "zjh"))] == ["zjh", "金额"]
    items = [{"name": "zjh", "title": "证号", "data_type": "C", "length": 18, "is_key": True}]
    assert specs_of_json(items) == SPECS[:1]
    assert specs_of_json([{"name": "n"}]) == (ItemSpec("n"),)


_PROGRAM = """
import resource, sys
from pathlib import Path
from adapters.tables.checking import check_file
from tests.adapters.tables.files import SPECS
report = check_file(Path(sys.argv[1]), "text/csv", SPECS)
assert report.ok and report.rows == int(sys.argv[2]), report
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_hardly_grows_with_the_file(tmp_path: Path) -> None:
    def peak_mb(rows: int) -> float:
        path = tmp_path / f"{rows}.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(f"A{n:016},张三,2026-03-01,{n % 9999}\n" for n in range(rows))
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(path), str(rows)],
            capture_output=True,
            check=True,
            text=True,
        )
        return int(done.stdout) / 1024

    assert resource.getpagesize()
    small, large = peak_mb(100_000), peak_mb(1_000_000)
    assert large - small < 80, (small, large)
