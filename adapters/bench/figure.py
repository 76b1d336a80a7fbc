"""What a bench found: our rate, a named yardstick's in the same run, and how they compare."""

from datetime import UTC, datetime

import msgspec

DASH = "–"
BEGIN, END = "<!-- hub bench: begin -->", "<!-- hub bench: end -->"
"""Between these lines of docs/performance.md stands the table, and nobody types there."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measure: `ours` beside `other`, in `unit`; `other_is` says what the yardstick is.

    `ratio` is ours ÷ other, and `must` and `aim` are ratios to reach; where `at_most` is set they
    are ratios not to exceed. A measure that is only stated has neither.
    """

    name: str
    ours: float
    other: float
    other_is: str
    ratio: float
    unit: str
    must: float | None = None
    aim: float | None = None
    at_most: bool = False
    parts: dict[str, float] = {}

    @property
    def reached(self) -> str:
        """Say in a word how the ratio stands against what it must reach and what is aimed at."""
        if self.must is None:
            return "stated"
        if self.aim is not None and self._meets(self.aim):
            return "aim"
        return "yes" if self._meets(self.must) else "no"

    def _meets(self, bound: float) -> bool:
        return self.ratio <= bound if self.at_most else self.ratio >= bound


COLUMNS = ("measure", "ours", "compared with", "its", "unit", "ratio", "must", "aim", "reached")


def table(figures: list[Figure]) -> list[tuple[str, ...]]:
    """Return the figures as lines of a table under COLUMNS."""
    return [
        (
            figure.name,
            f"{figure.ours:,}",
            figure.other_is,
            f"{figure.other:,}",
            figure.unit,
            f"{figure.ratio:g}",
            _bound(figure, figure.must),
            _bound(figure, figure.aim),
            figure.reached,
        )
        for figure in figures
    ]


def markdown(figures: list[Figure]) -> str:
    """Return the table as Markdown, for docs/performance.md."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *table(figures)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page_with(page: str, machine: dict[str, str | int], figures: list[Figure]) -> str:
    """Return a page in which the table of these figures stands between the marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    on = ", ".join(f"{name} {value}" for name, value in machine.items())
    words = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {on}."
    return f"{before}{BEGIN}\n\n{words}\n\n{markdown(figures)}\n{END}{after}"


def _bound(figure: Figure, bound: float | None) -> str:
    if bound is None:
        return DASH
    return f"{'≤' if figure.at_most else '≥'} {bound:g}"
