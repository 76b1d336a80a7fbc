"""What an auditor asks of history 审计回溯: the chain of a case, what changed between two days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import psycopg
from fastapi import APIRouter, Query, Response

from adapters.http.as_of import DayOrTime, check_history, moment_asked
from adapters.http.ask_trail import Id, concerns
from adapters.http.described import listing
from adapters.http.matters import seen_of
from adapters.http.problems import EdgeProblem
from adapters.http.question import A
from adapters.http.reading import check_officer
from hub.departments.calendar import local_day
from hub.supervision.audit import Subject
from projections import case_chain, day_diff
from projections.audit_trail import AUDIT_TRAIL
from projections.case_chain import ChainRow
from projections.catalogue import CATALOGUE
from projections.connect import LIVE
from projections.day_diff import DayDifference, Pair
from projections.moment import Moment
from projections.projection import Projection
from projections.registry import PROJECTIONS

router = APIRouter(prefix="/api/v1/supervision", tags=["supervision"])
_BY_NAME = {projection.name: projection for projection in PROJECTIONS}
View = Annotated[str, Query(max_length=80, json_schema_extra={"enum": sorted(_BY_NAME)})]


def of_chain(row: ChainRow) -> Subject:
    """Return whom a line of a chain concerns, as a line of the trail does."""
    return concerns(row.topic, row.case_id, row.subjects, row.org_id, local_day(row.at))


@router.get("/chain", summary="The whole chain of a case 一案全程", **listing(ChainRow))
async def whole_chain(asked: A, case_id: Id) -> Response:
    """List every event of a case: who, when, on what basis, what exactly, and where its proof is.

    The case is a request, grant, feedback, correction case or entry; its grant, use, feedback,
    entry and corrections belong to it. What the reader may not see is left out.
    """
    check_officer(asked.reader)
    (last,) = asked.key(int) or (0,)
    return await asked.page(
        lambda connection: case_chain.chain(connection, case_id, after=last, limit=asked.limit),
        ChainRow,
        key=lambda row: (row.position,),
        view=AUDIT_TRAIL.name,
        about=of_chain,
    )


@router.get("/differences", summary="Between two days 两日差异", **listing(DayDifference))
async def differences(
    asked: A,
    earlier: Annotated[DayOrTime, Query(alias="from", description="A day or time 起")],
    later: Annotated[DayOrTime, Query(alias="to", description="A day or time 止")],
    view: View = CATALOGUE.name,
) -> Response:
    """List the rows of a view that were added, removed or changed between two days, by key.

    Today is the present. Each side of a row is shown to who may read it.
    """
    check_officer(asked.reader)
    check_history(asked.reader)
    asked.stood.present_only()
    first, second = _moments(earlier, later, asked.desk.clock())
    projection = _view(view)
    keys = msgspec.structs.fields(projection.row)
    kinds = [field.type for name in projection.key for field in keys if field.name == name]
    last = asked.key(*kinds)

    def question(connection: psycopg.Connection) -> Sequence[Pair]:
        schemas = [LIVE if each is None else each.schema for each in (first, second)]
        return day_diff.pairs(connection, projection, *schemas, after=last, limit=asked.limit)

    await asked.wait(AUDIT_TRAIL.name)
    pairs = await asked.stood.ask_at([each for each in (first, second) if each], question)
    shown = await _shown(asked, view, pairs)
    following = pairs[-1].key if len(pairs) >= asked.limit else None
    return await asked.send(shown, DayDifference, following)


def _moments(earlier: str, later: str, now: datetime) -> tuple[Moment, Moment | None]:
    """Return the two moments, None for the present; raises EdgeProblem where they do not follow."""
    first = moment_asked(earlier, 0, now, where="from")
    second = moment_asked(later, 0, now, where="to")
    if first is None or (second is not None and (first.as_of or now) > (second.as_of or now)):
        raise EdgeProblem(
            "validation",
            "`from` is a day before today and not after `to`",
            "from 应为今天之前的日期，且不晚于 to",
            where="from",
        )
    return first, second


def _view(name: str) -> Projection[Any]:
    projection = _BY_NAME.get(name)
    if projection is None:
        raise EdgeProblem(
            "validation",
            f"there is no view “{name}”; there are: {', '.join(sorted(_BY_NAME))}",
            f"没有视图“{name}”，可选：{'、'.join(sorted(_BY_NAME))}",
            where="view",
        )
    return projection


async def _shown(asked: A, view: str, pairs: Sequence[Pair]) -> list[DayDifference]:
    """Return what the reader may see of each pair; where that is the same twice, nothing."""
    sides: list[dict[str, Any] | None] = [
        side for pair in pairs for side in (pair.before, pair.after)
    ]
    seen = await seen_of(asked.reader, asked.desk, view, sides)
    shown = (
        day_diff.difference(_BY_NAME[view], Pair(pair.key, seen[2 * n], seen[2 * n + 1]))
        for n, pair in enumerate(pairs)
    )
    return [each for each in shown if each is not None]
