"""Questions about the figures of the annual report 年报指标: what they are, the events behind."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Response

from adapters.http.ask_trail import matter
from adapters.http.described import listing
from adapters.http.question import A, not_there
from adapters.http.reading import check_officer
from hub.command import OrgId
from projections import audit_trail
from projections.annual_facts import ANNUAL_FACTS
from projections.audit_trail import AuditRow
from projections.figures import INDICATOR_SET, Cell, events_behind, figures
from projections.figures_sharing import FIGURE, FIGURES

router = APIRouter(prefix="/api/v1/supervision", tags=["supervision"])
Year = Annotated[int, Query(ge=2000, le=2100)]
Position = Annotated[
    int, Query(ge=0, le=2**62, description="Nothing later is counted; 0: all 统计至该位置")
]
Part = Annotated[
    list[Annotated[str, Query(max_length=2_100)]] | None,
    Query(max_length=4, description="Only this part of a broken-down figure 指标的某一部分"),
]
_ALL = 2**62


class FigureRow(msgspec.Struct, frozen=True):
    """A figure counted, and how; `value` is empty where nothing can be said."""

    figure: str
    section: int
    zh: str
    en: str
    unit: str
    formula: str
    indicator_set: str
    value: str
    numerator: int | None
    denominator: int | None


@router.get("/figures", summary="Figures of a year 年报指标", **listing(FigureRow))
async def counted(
    asked: A, year: Year, department: OrgId | None = None, position: Position = 0
) -> Response:
    """Count every figure of a year, of a department or of the city, up to a position."""
    check_officer(asked.reader)

    def question(connection: psycopg.Connection) -> Sequence[FigureRow]:
        found = figures(connection, FIGURES, year, department or "", position or _ALL)
        return [_row(one.figure, one.total) for one in found.figures]

    return await asked.page(
        question, FigureRow, key=lambda row: (row.figure,), view=ANNUAL_FACTS.name, whole=True
    )


@router.get(
    "/figures/{figure}/events", summary="Events behind a figure 指标背后的事件", **listing(AuditRow)
)
async def behind(
    asked: A,
    figure: Annotated[str, Path(max_length=80, pattern="^[a-z0-9_]+$")],
    year: Year,
    department: OrgId | None = None,
    position: Position = 0,
    part: Part = None,
) -> Response:
    """List the events a figure was counted from; others' matters are left out."""
    check_officer(asked.reader)
    definition = FIGURE.get(figure)
    if definition is None:
        raise not_there(figure)
    (last,) = asked.key(int) or (0,)

    def question(connection: psycopg.Connection) -> Sequence[AuditRow]:
        positions = events_behind(
            connection,
            definition,
            year,
            department or "",
            position or _ALL,
            part=tuple(part or ()),
            after=last,
            limit=asked.limit,
        )
        return audit_trail.at_positions(connection, positions)

    return await asked.page(
        question,
        AuditRow,
        key=lambda row: (row.position,),
        view=ANNUAL_FACTS.name,
        about=matter,
    )


def _row(figure: str, cell: Cell) -> FigureRow:
    known = FIGURE[figure]
    return FigureRow(
        figure,
        known.section,
        known.zh,
        known.en,
        known.unit,
        known.formula,
        INDICATOR_SET,
        "" if cell.value is None else str(cell.value),
        cell.numerator,
        cell.denominator,
    )
