"""`hub diff`: what changed between two days, in every view or in one, row by row."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.rebuild import chosen, progress_line
from adapters.cli.replay import moment_of
from adapters.cli.trouble import WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from projections.day_diff import DayDifference
    from projections.projection import Projection

FromArgument = Annotated[str, typer.Argument(metavar="FROM", help="A day (its end) or a time.")]
ToArgument = Annotated[str, typer.Argument(metavar="TO", help="A later one; today is the present.")]
ViewOption = Annotated[
    str | None, typer.Option("--view", metavar="NAME", help="List the rows of this view.")
]
PAGE = 1_000
_MARKS = {"added": "+", "removed": "-", "changed": "~"}


def register(app: typer.Typer) -> None:
    """Add the verb to `hub`."""
    app.command()(diff)


def diff(
    earlier: FromArgument,
    later: ToArgument,
    view: ViewOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two days: how many rows of each view, or which rows of one.

    A day is what had happened in law by its end, whenever it was recorded.
    """
    from projections.registry import PROJECTIONS

    moments = _moments(earlier, later)
    wanted = chosen([view] if view else [], PROJECTIONS)
    counts, rows = _compared(moments, wanted, home, listed=view is not None)
    facts: dict[str, Any] = {"from": earlier, "to": later, "views": counts}
    if view is not None:
        facts["rows"] = [
            {name: getattr(row, name) for name in row.__struct_fields__} for row in rows
        ]

    def in_words() -> None:
        for name, count in counts.items():
            told = ", ".join(f"{number} {word}" for word, number in count.items())
            typer.echo(f"{name:<26} {told}")
        for row in rows:
            typer.echo(_line(row))

    answer(facts, as_json=as_json, in_words=in_words)


def _moments(earlier: str, later: str) -> tuple[datetime, datetime | None]:
    """Return the two moments, None for the present; says what is wrong with them."""
    from hub.departments.calendar import local_day

    now = datetime.now(UTC)
    first, second = moment_of(earlier), moment_of(later)
    if first >= now or second < first:
        raise WrongUse("The first day must be over, and the second not before it.")
    if local_day(second) > local_day(now):
        raise WrongUse(f"{later} lies in the future.")
    return first, second if second < now else None


def _compared(
    moments: tuple[datetime, datetime | None],
    projections: "Sequence[Projection[Any]]",
    home: Path | None,
    *,
    listed: bool,
) -> "tuple[dict[str, dict[str, int]], list[DayDifference]]":
    from contextlib import ExitStack

    from adapters.settings import load
    from adapters.stack.running import stack_for
    from projections import day_diff, past
    from projections.catch_up import catch_up
    from projections.connect import LIVE, connect
    from projections.moment import Moment
    from projections.registry import PROJECTIONS

    settings = load(home=home)
    asked = [Moment(as_of=each) for each in moments if each is not None]
    with (
        stack_for(settings, note) as addresses,
        connect(addresses.database_url, purpose="diff") as connection,
    ):
        catch_up(connection, PROJECTIONS)
        for each in asked:
            past.build(
                addresses.database_url,
                each,
                PROJECTIONS,
                kept_max=settings.pasts_max,
                progress=progress_line(f"building {each.schema}"),
            )
        with ExitStack() as looks:
            for each in asked:
                looks.enter_context(past.looking_at(connection, each, PROJECTIONS))
            names = [*(each.schema for each in asked), LIVE][:2]
            counts = {each.name: day_diff.counted(connection, each, *names) for each in projections}
            rows = _rows(connection, projections[0], *names) if listed else []
    return counts, rows


def _rows(
    connection: "Connection", projection: "Projection[Any]", earlier: str, later: str
) -> "list[DayDifference]":
    from projections.day_diff import difference, pairs

    rows: list[DayDifference] = []
    last = None
    while page := pairs(connection, projection, earlier, later, after=last, limit=PAGE):
        rows += [found for pair in page if (found := difference(projection, pair)) is not None]
        last = page[-1].key
    return rows


def _line(row: "DayDifference") -> str:
    key = " ".join(str(value) for value in row.key.values())
    before, after = row.before or {}, row.after or {}
    told = [f"  {name}: {before.get(name)} -> {after.get(name)}" for name in row.fields]
    return "\n".join([f"{_MARKS[row.change]} {key}", *told])
