"""XLSX in the columns of the compiling guide (编制指南) into candidates.

One entry may take several rows, one for each data item: the cells of the entry stand in its first
row (merged cells read as empty below it). A header may take two rows. Sheets without such a
header are skipped; a file without any is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import fastexcel

from adapters.catalogues.candidate import (
    ABSTRACT_CHARACTERS_MAX,
    SHORT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Candidate,
    Text,
    UnreadableCatalogueError,
    digest_number,
)
from adapters.catalogues.guide_words import (
    COLUMNS,
    CYCLES,
    FORMATS,
    ITEM_TYPES,
    METHODS,
    NO,
    OPEN,
    PERSONAL,
    SHARE_TYPES,
    YES,
    one_of,
)
from hub.catalog.content import EntryContent, Item, NotSharedGround, ShareConditions
from hub.catalog.kinds import FormatClass, Grade, OpenType, ShareType

HEADER_ROWS_MAX = 12
"""A sheet's title and notes stand above the header; further down nobody looks for it."""
_NEEDED = {"title", "provider"}
Cells = Mapping[str, str | None]


def candidates(path: Path) -> Iterator[Candidate]:
    """Yield the entries of every sheet that has the guide's columns.

    Raises UnreadableCatalogueError when the file is no workbook or no sheet has them.
    """
    try:
        book = fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise UnreadableCatalogueError(f"{path.name} is not a readable XLSX workbook") from error
    found = False
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string")
        rows = [_strings(row) for row in sheet.to_polars().iter_rows()]
        header = _header(rows)
        if header is not None:
            found = True
            columns, body = header
            yield from _entries(columns, rows[body:], name)
    if not found:
        raise UnreadableCatalogueError(
            f"no sheet of {path.name} has the columns of the compiling guide: at least"
            " 信息资源名称 and 信息资源提供方 must stand in a header row"
        )


def _strings(row: Sequence[object]) -> list[str | None]:
    return [str(cell).strip() or None if cell is not None else None for cell in row]


def _header(rows: Sequence[Sequence[str | None]]) -> tuple[dict[int, str], int] | None:
    """Return the fields by column and the first row of the body."""
    for number, row in enumerate(rows[:HEADER_ROWS_MAX]):
        columns = _fields(row)
        if set(columns.values()) >= _NEEDED:
            below = _fields(rows[number + 1]) if number + 1 < len(rows) else {}
            if below and not _NEEDED & set(below.values()):
                return {**columns, **below}, number + 2
            return columns, number + 1
    return None


def _fields(row: Sequence[str | None]) -> dict[int, str]:
    plain = (re.sub(r"[\s*\uff0a（）()]|必填|选填", "", cell or "") for cell in row)
    return {number: COLUMNS[cell] for number, cell in enumerate(plain) if cell in COLUMNS}


def _entries(
    columns: Mapping[int, str], rows: Sequence[Sequence[str | None]], sheet: str
) -> Iterator[Candidate]:
    """Gather the rows of one entry: a row with a title begins the next."""
    gathered: list[dict[str, str | None]] = []
    for row in rows:
        cells = {field: row[number] for number, field in columns.items() if number < len(row)}
        if not any(cells.values()):
            continue
        if cells.get("title") and gathered:
            yield _candidate(gathered, sheet)
            gathered = []
        gathered.append(cells)
    if gathered:
        yield _candidate(gathered, sheet)


def _candidate(rows: Sequence[Cells], sheet: str) -> Candidate:
    text, first = Text(), rows[0]
    title = text.take("信息资源名称", first.get("title"), TITLE_CHARACTERS_MAX)
    provider = text.take("信息资源提供方", first.get("provider"))
    if not title:
        text.refusal = text.refusal or "信息资源名称: the entry has no title"
    if not provider:
        text.refusal = text.refusal or "信息资源提供方: nobody is named as the provider"
    code = text.take("信息资源代码", first.get("catalog_code"), 40)
    content = _content(rows, title, code or _code(provider, title), text)
    return Candidate(
        external_id=code or f"{sheet}/{provider}/{title}"[:200],
        title=title,
        provider=provider,
        provider_uscc=text.take("提供方代码", first.get("provider_uscc"), 18),
        content=content,
        reasons=tuple(text.reasons),
        refusal=text.refusal,
    )


def _content(rows: Sequence[Cells], title: str, code: str, text: Text) -> EntryContent:
    first = rows[0]
    share_type = one_of(SHARE_TYPES, "共享类型", first.get("share_type"), text)
    format_word = text.take("信息资源格式", first.get("format"), SHORT_CHARACTERS_MAX)
    open_word = one_of(OPEN, "开放类型", first.get("open_type"), text)
    method = one_of(METHODS, "共享方式", first.get("share_method"), text)
    condition = text.take("共享条件", first.get("share_condition"))
    personal = (first.get("has_personal_info") or "").strip()
    return EntryContent(
        title=title,
        class_code=code.partition("/")[0],
        catalog_code=code,
        abstract=text.take("信息资源摘要", first.get("abstract"), ABSTRACT_CHARACTERS_MAX),
        format_class=_format(format_word),
        format=format_word,
        items=tuple(_items(rows, share_type, text)),
        share_type=share_type,
        share_conditions=_conditions(condition) if share_type is ShareType.CONDITIONAL else None,
        not_shared=NotSharedGround(reason=condition)
        if share_type is ShareType.NOT_SHARED
        else None,
        share_methods=(method,) if method else (),
        open_type=open_word or OpenType.NOT_OPEN,
        open_conditions=text.take("开放条件", first.get("open_conditions"), 1_000),
        update_cycle=one_of(CYCLES, "更新周期", first.get("update_cycle"), text),
        grade=Grade.GENERAL,
        has_personal_info=personal in YES or (personal not in NO and _looks_personal(rows)),
        related_codes=tuple((first.get("related_codes") or "").replace("；", ";").split(";"))
        if first.get("related_codes")
        else (),
        duty=text.take("职责依据", first.get("duty")),
        space_range=text.take("空间范围", first.get("space_range"), SHORT_CHARACTERS_MAX),
    )


def _looks_personal(rows: Sequence[Cells]) -> bool:
    """Say whether the items look personal: the guide of 2017 has no column that would say it."""
    return any(word in (cells.get("item") or "") for cells in rows for word in PERSONAL)


def _conditions(condition: str) -> ShareConditions:
    demands = (condition,) if condition else ()
    return ShareConditions(purposes=("履行法定职责",), security_demands=demands)


def _code(provider: str, title: str) -> str:
    """Return a code of class 3 (部门) for an entry whose row gives none."""
    return f"301{digest_number(provider, 3)}/{digest_number(f'{provider}|{title}', 12)}"


def _format(word: str) -> FormatClass | None:
    low = word.lower()
    return next((kind for part, kind in FORMATS if low and part in low), None)


def _items(rows: Sequence[Cells], share_type: ShareType | None, text: Text) -> Iterator[Item]:
    """Yield the data items; a cell may also list several, separated by 、 or ；."""
    seen: set[str] = set()
    for cells in rows:
        words = re.split(r"[、；;\n]", cells.get("item") or "")
        for word in words:
            name = text.take("信息项名称", word)
            if not name or name in seen:
                continue
            seen.add(name)
            length = re.match(r"\d+", cells.get("item_length") or "")
            yield Item(
                name=name,
                data_type=one_of(ITEM_TYPES, f"{name} 数据类型", cells.get("item_type"), text),
                length=int(length[0]) if length else None,
                grade=Grade.GENERAL,
                item_share_type=share_type,
            )
