"""Checking a table against the items of its entry: columns, types, lengths, keys.

What is found are counts and row numbers (the header is row 1), never a value. Two different keys
are taken for one with a chance of about one in 10^19 per pair: keys are compared by a 64-bit hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from adapters.tables.items import ItemSpec
from adapters.tables.reading import Table, Unreadable, open_table
from hub.catalog.kinds import ItemType
from hub.convergence.kinds import CheckRule

ROWS_NAMED_MAX = 20
FINDINGS_MAX = 200
_FIRST_ROW = 2
_NUMBER = r"^[+-]?\d+(\.\d+)?$"
_FLOAT = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?$"
_TRUTH = r"^(?i)(0|1|true|false|t|f|yes|no|y|n|是|否)$"
_PATTERNS = {
    ItemType.NUMERIC: _NUMBER,
    ItemType.MONEY: r"^[+-]?\d+(\.\d{1,4})?$",
    ItemType.INTEGER: r"^[+-]?\d+$",
    ItemType.DOUBLE: _FLOAT,
    ItemType.FLOAT: _FLOAT,
    ItemType.LOGICAL: _TRUTH,
}
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日")
_TIMES = ("%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M")


@dataclass
class Tally:
    """How often one rule was checked on one column, how often it failed, and where first."""

    checked: int = 0
    failed: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass
class Report:
    """What reading a whole file found: rows, and a tally per rule and item."""

    rows: int = 0
    tallies: dict[tuple[CheckRule, str], Tally] = field(default_factory=dict)
    encoding: str = ""
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Say whether no rule failed."""
        return not any(tally.failed for tally in self.tallies.values())

    def tally(self, rule: CheckRule, item: str = "") -> Tally:
        """Return the tally of a rule on an item, begun when there was none."""
        return self.tallies.setdefault((rule, item), Tally())

    def checks(self) -> list[dict[str, object]]:
        """Return one line per rule: checked and failed."""
        rules = dict.fromkeys(rule for rule, _ in self.tallies)
        return [
            {
                "rule": rule,
                "checked": sum(t.checked for (r, _), t in self.tallies.items() if r is rule),
                "failed": sum(t.failed for (r, _), t in self.tallies.items() if r is rule),
            }
            for rule in rules
        ]

    def findings(self) -> list[dict[str, object]]:
        """Return one line per rule and item that failed, the most frequent first."""
        failed = [(key, t) for key, t in self.tallies.items() if t.failed]
        failed.sort(key=lambda line: -line[1].failed)
        return [
            {"rule": rule, "item": item, "failed": tally.failed, "rows": tally.rows}
            for (rule, item), tally in failed[:FINDINGS_MAX]
        ]


def check_file(
    path: Path, content_type: str, specs: tuple[ItemSpec, ...], encoding: str = ""
) -> Report:
    """Read a file once and check it; a file that cannot be read is a finding, not an error."""
    report = Report()
    try:
        table = open_table(path, content_type, encoding)
        report.encoding = table.encoding
        report.tally(CheckRule.ENCODING).checked = 1
        _check_rows(table, _check_header(table, specs, report), report)
    except Unreadable as wrong:
        tally = report.tally(CheckRule.ENCODING)
        tally.checked = tally.failed = 1
        report.problem = wrong.en
    return report


def columns_of(table: Table, specs: tuple[ItemSpec, ...]) -> dict[str, int]:
    """Return where each item stands in a table: by its name, else by its title."""
    places = {name: number for number, name in reversed(list(enumerate(table.columns)))}
    found = {spec.name: places.get(spec.name, places.get(spec.title, -1)) for spec in specs}
    return {name: number for name, number in found.items() if number >= 0}


def _check_header(table: Table, specs: tuple[ItemSpec, ...], report: Report) -> dict[ItemSpec, int]:
    """Every item has one column, and no other column is there."""
    places = columns_of(table, specs)
    taken = set(places.values())
    extra = [name for number, name in enumerate(table.columns) if number not in taken]
    for name in [spec.name for spec in specs if spec.name not in places] + extra:
        report.tally(CheckRule.HEADER, name[:200]).failed += 1
    report.tally(CheckRule.HEADER).checked = len(specs) + len(extra)
    return {spec: places[spec.name] for spec in specs if spec.name in places}


def _check_rows(table: Table, columns: Mapping[ItemSpec, int], report: Report) -> None:
    keys = [number for spec, number in columns.items() if spec.is_key]
    seen: list[pl.Series] = []
    for piece in table.pieces():
        first = report.rows + _FIRST_ROW
        report.rows += piece.height
        for spec, number in columns.items():
            _check_column(spec, piece.to_series(number), first, report)
        if keys:
            seen.append(_key_hashes(piece, keys))
    if keys:
        _check_keys(pl.concat(seen) if seen else pl.Series(dtype=pl.UInt64), report)


def _check_column(spec: ItemSpec, values: pl.Series, first: int, report: Report) -> None:
    text = values.str.strip_chars()
    filled = text.is_not_null() & (text != "")
    _count(report, CheckRule.TYPE, spec, filled, _right_type(spec.data_type, text), first)
    if spec.length:
        _count(report, CheckRule.LENGTH, spec, filled, _fits(spec, text), first)
    if spec.is_key:
        everywhere = pl.repeat(value=True, n=len(values), eager=True)
        _count(report, CheckRule.REQUIRED, spec, everywhere, filled, first)


def _count(
    report: Report, rule: CheckRule, spec: ItemSpec, asked: pl.Series, good: pl.Series, first: int
) -> None:
    wrong = asked & ~good.fill_null(value=False)
    tally = report.tally(rule, spec.name)
    tally.checked += int(asked.sum())
    failed = int(wrong.sum())
    tally.failed += failed
    if failed and len(tally.rows) < ROWS_NAMED_MAX:
        places = wrong.arg_true().head(ROWS_NAMED_MAX - len(tally.rows))
        tally.rows += [first + int(place) for place in places]


def _right_type(data_type: ItemType, text: pl.Series) -> pl.Series:
    pattern = _PATTERNS.get(data_type)
    if pattern is not None:
        return text.str.contains(pattern)
    if data_type is ItemType.DATE:
        day = text.str.replace(_MIDNIGHT, "")
        return _any([day.str.to_date(form, strict=False).is_not_null() for form in _DATES])
    if data_type is ItemType.DATETIME:
        moment = text.str.replace("T", " ", literal=True).str.replace(r"(Z|[+-]\d\d:?\d\d)$", "")
        return _any([moment.str.to_datetime(f, strict=False).is_not_null() for f in _TIMES])
    return text.is_not_null()


def _any(answers: list[pl.Series]) -> pl.Series:
    found = answers[0]
    for answer in answers[1:]:
        found = found | answer
    return found


def _fits(spec: ItemSpec, text: pl.Series) -> pl.Series:
    """A number's length counts its digits, anything else's its characters."""
    assert spec.length is not None
    if spec.data_type in {ItemType.NUMERIC, ItemType.MONEY, ItemType.INTEGER}:
        return text.str.count_matches(r"\d") <= spec.length
    if spec.data_type in {ItemType.CHARACTER, ItemType.MEMO, ItemType.GENERAL}:
        return text.str.len_chars() <= spec.length
    return text.is_not_null()


def _key_hashes(piece: pl.DataFrame, keys: list[int]) -> pl.Series:
    columns = [pl.nth(number).str.strip_chars().fill_null("") for number in keys]
    joined = piece.select(pl.concat_str(columns, separator="\x1f")).to_series()
    return joined.hash(seed=0)


def _check_keys(hashes: pl.Series, report: Report) -> None:
    again = ~hashes.is_first_distinct()
    tally = report.tally(CheckRule.KEY)
    tally.checked = len(hashes)
    tally.failed = int(again.sum())
    tally.rows = [_FIRST_ROW + int(place) for place in again.arg_true().head(ROWS_NAMED_MAX)]
