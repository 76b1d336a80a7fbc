"""The report beside a folder: why a file was not taken, in Chinese and English, by row number."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from adapters.connectors.spool import Outgoing

FOLDER = "reports"
_WORDS = {
    "digest": ("摘要与清单不一致", "the digest is not that of the manifest"),
    "bytes": ("大小与清单不一致", "the size is not that of the manifest"),
    "rows": ("行数与清单不一致", "the number of rows is not that of the manifest"),
    "encoding": ("无法读取(编码或格式)", "it cannot be read (encoding or form)"),
    "header": ("表头与目录信息项不一致", "the column is missing or not in the entry"),
    "type": ("类型不符", "values of the wrong type"),
    "length": ("超过规定长度", "values that are too long"),
    "required": ("主键为空", "the key is empty"),
    "key": ("主键重复", "the key is there twice"),
}


def write_report(
    folder: Path, file: Outgoing, why: str, findings: Iterable[Mapping[str, Any]]
) -> Path:
    """Write the report of a file and return where it lies."""
    lines = [
        f"文件 File: {file.source.name}",
        f"原因 Reason: {why}",
        "行号自表头起计(表头为第1行) Row numbers count the header as row 1",
        "",
    ]
    for finding in findings:
        zh, en = _WORDS.get(str(finding["rule"]), (str(finding["rule"]), str(finding["rule"])))
        rows = ", ".join(str(row) for row in finding["rows"])
        place = f" 行 rows {rows}" if rows else ""
        item = f"[{finding['item']}] " if finding["item"] else ""
        lines.append(f"- {item}{zh} / {en}: {finding['failed']}{place}")
    path = folder / FOLDER / f"{file.source.name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    temporary.replace(path)
    return path
