"""The report as tables of text: what the template prints, every number with its link."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from urllib.parse import urlencode

import msgspec

from adapters.reports.charts import bars
from adapters.reports.gather import Report
from adapters.reports.layout import PART_WORDS, SECTIONS, Breakdown, KeyFigures, Words
from hub.catalog.kinds import ShareType
from hub.term import term
from projections.figures import Cell, Counted
from projections.figures_sharing import FIGURE

_CHART_LINES = 12
_KILO = 1024
_NOTHING = "–"
"""Printed where nothing can be said, as the share of nothing; a count of nothing is 0."""


class Shown(msgspec.Struct, frozen=True):
    """One cell of a table; a number carries the link to the events behind it."""

    text: str
    link: str = ""
    number: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table ready to print: headings in both languages, lines, a chart beside it."""

    words: Words
    heads: tuple[Words, ...]
    lines: tuple[tuple[Shown, ...], ...]
    total: tuple[Shown, ...] = ()
    chart: str = ""


class Chapter(msgspec.Struct, frozen=True):
    """A section ready to print."""

    number: int
    words: Words
    tables: tuple[Table, ...]


class Viewer:
    """Turns the figures of one report into tables."""

    def __init__(self, report: Report) -> None:
        """Look at a report."""
        self._report = report
        self._figures = {figure.figure: figure for figure in report.figures.figures}

    def chapters(self) -> Iterator[Chapter]:
        """Yield the sections in the order they are filed."""
        for section in SECTIONS:
            tables = tuple(
                self._key_figures(block) if isinstance(block, KeyFigures) else self._parts(block)
                for block in section.blocks
            )
            yield Chapter(section.number, section.words, tables)

    def differences(self) -> Iterator[tuple[Words, str, str]]:
        """Yield each figure that changed against the version before: its name, before, now."""
        for one in self._report.differences:
            figure = FIGURE[one.figure]
            yield (
                Words(figure.zh, figure.en),
                shown(one.before, figure.unit),
                shown(one.now, figure.unit),
            )

    def _key_figures(self, block: KeyFigures) -> Table:
        heads = [Words("指标", "Figure"), Words("本年", "This year")]
        if block.compared:
            heads += [Words("上年", "Last year")]
        lines = []
        for key in block.figures:
            counted, figure = self._figures[key], FIGURE[key]
            line = [Shown(f"{figure.zh} {figure.en}"), self._number(counted, counted.total)]
            if block.compared:
                line.append(Shown(shown(counted.previous, figure.unit), number=True))
            lines.append(tuple(line))
        return Table(block.words, tuple(heads), tuple(lines))

    def _parts(self, block: Breakdown) -> Table:
        columns = [self._figures[key] for key in block.figures]
        found = [{cell.part: cell for cell in column.parts} for column in columns]
        parts = sorted({part for column in found for part in column})
        if block.top:
            parts.sort(key=lambda part: (-_size(found[0].get(part)), part))
            parts = parts[: block.top]
        heads = (*block.heads, *(Words(FIGURE[key].zh, FIGURE[key].en) for key in block.figures))
        lines = tuple(
            (
                *(Shown(name) for name in self._names(columns[0], part, len(block.heads))),
                *(
                    self._number(column, cells.get(part, _empty(column, part)))
                    for column, cells in zip(columns, found, strict=True)
                ),
            )
            for part in parts
        )
        total = (
            Shown("合计 Total"),
            *(Shown("") for _ in block.heads[1:]),
            *(self._number(column, column.total) for column in columns),
        )
        chart = self._chart(columns[0], parts, found[0], len(block.heads)) if block.chart else ""
        return Table(block.words, heads, lines, total if block.total else (), chart)

    def _chart(
        self,
        counted: Counted,
        parts: Sequence[tuple[str, ...]],
        cells: dict[tuple[str, ...], Cell],
        heads: int,
    ) -> str:
        return bars(
            [
                (" ".join(self._names(counted, part, heads)), _size(cells.get(part)))
                for part in parts[:_CHART_LINES]
            ]
        )

    def _number(self, counted: Counted, cell: Cell) -> Shown:
        unit = FIGURE[counted.figure].unit
        text = shown(cell.value, unit)
        if cell.denominator:
            text = f"{text} ({cell.numerator}/{cell.denominator})"
        return Shown(text, self._link(counted.figure, cell.part), number=True)

    def _link(self, figure: str, part: Sequence[str]) -> str:
        asked = [("year", str(self._report.year)), ("position", str(self._report.position))]
        if self._report.department_id:
            asked.insert(1, ("department", self._report.department_id))
        asked += [("part", value) for value in part]
        return f"/api/v1/supervision/figures/{figure}/events?{urlencode(asked)}"

    def _names(self, counted: Counted, part: Sequence[str], heads: int) -> list[str]:
        """Return what a person reads for the parts: names, words, class and grade apart."""
        words: list[str] = []
        for column, value in zip(FIGURE[counted.figure].by, part, strict=True):
            words += self._words(counted.figure, column, value)
        return [*words, *[""] * (heads - len(words))][:heads]

    def _words(self, figure: str, column: str, value: str) -> list[str]:
        if column in {"department_id", "partner_id", "subject_id"}:
            return [self._report.names.get(value, value)]
        if figure.startswith("entries_") and column == "part":
            first, _, second = value.partition("|")
            if figure == "entries_not_shared":
                return [f"{self._report.names.get(first, first)} {second}".strip()]
            return [first, _term("grade", second)]
        if figure == "requests_by_class":
            kind = next((k for k in ShareType if k.code == value), None)
            return [f"{value} {_term('share_type', kind)}" if kind else value]
        if figure in PART_WORDS:
            return [" + ".join(_term(PART_WORDS[figure], one) for one in value.split("+"))]
        return [value]


def shown(value: int | Decimal | None, unit: str) -> str:
    """Return a number as it is printed; a dash where nothing can be said."""
    if value is None:
        return _NOTHING
    if unit == "B":
        return _bytes(int(value))
    return f"{value:,} {unit}".strip() if unit == "%" else f"{value:,}"


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= _KILO and len(units) > 1:
        size /= _KILO
        units.pop(0)
    return f"{size:,.1f} {units[0]}" if units[0] != "B" else f"{count} B"


def _term(list_name: str, key: str) -> str:
    word = f"{list_name}.{key}"
    zh = term(word, "zh")
    return f"{zh} {term(word, 'en')}" if zh != word else key


def _size(cell: Cell | None) -> float:
    return float(cell.value) if cell is not None and cell.value is not None else 0.0


def _empty(counted: Counted, part: tuple[str, ...]) -> Cell:
    """Return a part that has no facts: a count of 0, a share of nothing."""
    shares = FIGURE[counted.figure].unit == "%"
    return Cell(part, None if shares else 0)
