"""A catalogue is taken over entry by entry, and every entry is accounted for."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import xlsxwriter

from adapters.catalogues.candidate import UnreadableCatalogueError
from adapters.catalogues.dcat_us import cycle_of
from adapters.catalogues.reading import read
from adapters.catalogues.session import import_files
from hub.catalog.kinds import ItemType, ShareMethod, ShareType, UpdateCycle
from hub.errors import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.catalogues.importing import FileReport
    from tests.servers import Database

pytestmark = pytest.mark.anyio


class _Bar:
    task_ids = (0,)

    def advance(self, task: int) -> None: ...


async def run(database: Database, *paths: Path, authority: str | None = None) -> list[FileReport]:
    files = [read(path) for path in paths]
    return await import_files(
        database.app_url, files, authority, lambda _f, _n: contextlib.nullcontext(_Bar())
    )


def entry(number: int, **changes: object) -> dict[str, object]:
    return {
        "identifier": f"id-{number}",
        "title": f"Entry {number}",
        "description": "What there is.",
        "accessLevel": "public",
        "publisher": {"name": "Bureau of Engraving"},
        "accrualPeriodicity": "R/P1M",
        "distribution": [{"downloadURL": "https://example.org/a.csv", "mediaType": "text/csv"}],
        **changes,
    }


def data_json(folder: Path, *entries: object, name: str = "data.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"dataset": entries}), encoding="utf-8")
    return path


ENTRIES = (
    entry(1),
    entry(2, accessLevel="restricted public", rights="Only for inspectors"),
    entry(3, accessLevel="restricted public"),
    entry(4, accessLevel="non-public", rights="Trade secrets"),
    entry(5, title="half a \ud800 character"),
    entry(6, title="x" * 300),
    entry(7, title="Entry 1"),
    entry(1, title="Another with the same id"),
    entry(9, publisher={}),
    "not an object",
)


async def test_every_entry_is_published_drafted_or_refused_with_its_reason(
    database: Database, tmp_path: Path
) -> None:
    (report,) = await run(database, data_json(tmp_path, *ENTRIES))
    assert (report.entries, report.published, report.unchanged) == (10, 2, 0)
    drafted = {outcome.external_id: " ".join(outcome.reasons) for outcome in report.drafted}
    assert "at least one condition" in drafted["id-3"]
    assert "legal basis" in drafted["id-4"]
    assert "more than 200 characters" in drafted["id-6"]
    assert "bears this title" in drafted["id-7"]
    refused = [" ".join(outcome.reasons) for outcome in report.refused]
    assert len(refused) == 4
    assert any("lone surrogate" in reason for reason in refused)
    assert any("stands twice" in reason for reason in refused)
    assert any("nobody is named" in reason for reason in refused)
    assert any("not an object" in reason for reason in refused)


async def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = data_json(tmp_path, *ENTRIES)
    await run(database, path)
    before = _positions(database)
    (again,) = await run(database, path)
    assert (again.unchanged, again.published, len(again.drafted)) == (6, 0, 0)
    # Another file with the same entries is other bytes and other commands, but nothing new.
    (copy,) = await run(database, data_json(tmp_path, "gap", *ENTRIES, name="copy.json"))
    assert copy.unchanged == 6
    assert _positions(database) == before


async def test_class_three_without_a_basis_is_never_published(
    database: Database, tmp_path: Path
) -> None:
    await run(
        database, data_json(tmp_path, *(entry(n, accessLevel="non-public") for n in range(9)))
    )
    with psycopg.connect(database.app_url) as connection:
        published = connection.execute(
            "SELECT count(*) FROM record.events WHERE topic = 'catalog.entry.published'"
        ).fetchone()
    assert published == (0,)


async def test_a_changed_entry_becomes_the_next_version(database: Database, tmp_path: Path) -> None:
    await run(database, data_json(tmp_path, entry(1)))
    (report,) = await run(
        database, data_json(tmp_path, entry(1, description="More."), name="b.json")
    )
    assert report.published == 1
    with psycopg.connect(database.app_url) as connection:
        topics = connection.execute(
            """
            SELECT topic, convert_from(state, 'UTF8')::json ->> 'version'
              FROM record.events
             WHERE stream_id LIKE 'catalog.entry:%'
             ORDER BY position
            """
        ).fetchall()
    assert topics[-1] == ("catalog.entry.published", "2")


async def test_an_authority_that_does_not_exist_is_said(database: Database, tmp_path: Path) -> None:
    await run(database, data_json(tmp_path, entry(1)))
    with pytest.raises(Refusal):
        await run(database, data_json(tmp_path, entry(2)), authority="departments.organization:no")


@pytest.mark.parametrize(
    ("period", "cycle"),
    [
        ("R/P1Y", UpdateCycle.YEARLY),
        ("R/P0.5M", UpdateCycle.MONTHLY),
        ("R/PT1S", UpdateCycle.REALTIME),
        ("R/P6M", UpdateCycle.HALF_YEARLY),
        ("R/P2Y", UpdateCycle.OTHER),
        ("irregular", UpdateCycle.IRREGULAR),
        (None, UpdateCycle.OTHER),
        ("whenever", UpdateCycle.OTHER),
    ],
)
def test_a_period_is_read_in_every_spelling(period: str | None, cycle: UpdateCycle) -> None:
    assert cycle_of(period) is cycle


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "no JSON: line 1"),
        (b"\xff\xfe\x00", "neither UTF-8 nor XLSX"),
        (b'{"packages": []}', "no catalogue the hub knows"),
        (b"PK\x03\x04 broken", "no readable XLSX|not a readable XLSX"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UnreadableCatalogueError, match=words):
        read(path)


HEADER = (
    "信息资源分类", "信息资源名称*", "信息资源代码", "信息资源提供方 *", "提供方代码",
    "信息资源摘要",
    "信息资源格式", "信息项名称", "数据类型", "数据长度", "共享类型", "共享条件", "共享方式",
    "开放类型", "更新周期",
)  # fmt: skip
ROWS = (
    ("部门", "婚姻登记信息", "301001/000001", "市民政局", "", "婚姻登记", "数据库", "姓名",
     "C", "50", "有条件共享", "仅限核验", "库表", "不予开放", "每日"),
    ("", None, None, None, None, None, None, "登记日期", "日期型", "", "", "", "", "", ""),
    ("部门", "低保对象信息", "301001/000002", "市民政局", "", "低保", "电子表格",
     "姓名、金额", "C", "", "1", "", "2", "否", "4"),
    ("部门", "收养登记信息", "", "市民政局", "", "", "", "", "", "", "随便共享", "", "", "", ""),
)  # fmt: skip


def workbook(path: Path, *, two_rows: bool = False, header: tuple[str, ...] = HEADER) -> Path:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("说明").write(0, 0, "填表说明")
    sheet = book.add_worksheet("目录")
    sheet.write(0, 0, "市民政局政务信息资源目录")
    first: list[Any] = list(header)
    if two_rows:
        item = header.index("信息项名称")
        second = [""] * len(header)
        second[item], second[item + 1] = header[item], header[item + 1]
        first[item], first[item + 1] = "信息项信息", ""
        sheet.write_row(2, 0, second)
    sheet.write_row(1, 0, first)
    for number, row in enumerate(ROWS, start=3 if two_rows else 2):
        sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.mark.parametrize("two_rows", [False, True])
def test_a_workbook_of_the_compiling_guide_is_read(tmp_path: Path, two_rows: bool) -> None:  # noqa: FBT001 - a parameter of the test
    file = read(workbook(tmp_path / "catalogue.xlsx", two_rows=two_rows))
    marriage, allowance, adoption = file.candidates
    assert marriage.title == "婚姻登记信息"
    assert [item.name for item in marriage.content.items] == ["姓名", "登记日期"]
    assert marriage.content.items[1].data_type is ItemType.DATE
    assert marriage.content.share_type is ShareType.CONDITIONAL
    assert marriage.content.share_methods == (ShareMethod.TABLE,)
    assert marriage.content.has_personal_info
    assert [item.name for item in allowance.content.items] == ["姓名", "金额"]
    assert allowance.content.update_cycle is UpdateCycle.MONTHLY
    assert "随便共享" in " ".join(adoption.reasons)


async def test_a_workbook_is_imported(database: Database, tmp_path: Path) -> None:
    (report,) = await run(database, workbook(tmp_path / "catalogue.xlsx"))
    assert (report.published, len(report.drafted), len(report.refused)) == (2, 1, 0)


def test_a_workbook_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "other.xlsx", header=tuple("abcdefghijklmno"))
    with pytest.raises(UnreadableCatalogueError, match="信息资源名称"):
        read(path)


def _positions(database: Database) -> int:
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT position FROM record.log_head").fetchone()
    return int(row[0]) if row else 0
