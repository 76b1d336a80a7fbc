"""Gathering a report: its figures, the names of what they speak of, its words and versions."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import psycopg

from projections.annual_reports import AnnualReportRow, FrozenVersion
from projections.figures import (
    INDICATOR_SET,
    Counted,
    Figures,
    digest,
    figures,
    names,
)
from projections.figures_sharing import FIGURES


class Definition(msgspec.Struct, frozen=True):
    """What a figure is called and how it is counted: the annex of definitions."""

    figure: str
    section: int
    zh: str
    en: str
    unit: str
    formula: str


class Difference(msgspec.Struct, frozen=True):
    """A figure that this version gives otherwise than the one before."""

    figure: str
    before: int | Decimal | None
    now: int | Decimal | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the annual report says; JSON is this, HTML shows it.

    `department_id` is empty for the city. `frozen` is the version these figures belong to, None
    while they are interim; `versions` are all that were ever frozen.
    """

    year: int
    org_id: str
    org_name: str
    department_id: str
    position: int
    indicator_set: str
    figures_sha256: str
    status: str
    frozen: FrozenVersion | None
    versions: tuple[FrozenVersion, ...]
    figures: Figures
    differences: tuple[Difference, ...]
    names: dict[str, str]
    definitions: tuple[Definition, ...]


DEFINITIONS = tuple(
    Definition(one.key, one.section, one.zh, one.en, one.unit, one.formula) for one in FIGURES
)


def gather(
    connection: psycopg.Connection,
    row: AnnualReportRow | None,
    *,
    year: int,
    org_id: str,
    department_id: str,
    position: int,
    frozen: FrozenVersion | None,
) -> Report:
    """Count the figures up to a position and put everything beside them."""
    counted = figures(connection, FIGURES, year, department_id, position)
    known = names(connection, position)
    used = set(_ids(counted)) | {org_id}
    return Report(
        year=year,
        org_id=org_id,
        org_name=known.get(org_id, org_id),
        department_id=department_id,
        position=position,
        indicator_set=INDICATOR_SET,
        figures_sha256=digest(counted),
        status="interim" if frozen is None else "frozen",
        frozen=frozen,
        versions=row.versions if row is not None else (),
        figures=counted,
        differences=tuple(_differences(connection, row, counted, frozen)),
        names={one: known[one] for one in sorted(used & known.keys())},
        definitions=DEFINITIONS,
    )


def to_json(report: Report) -> bytes:
    """Return the report as JSON, keys sorted: the same report, the same bytes."""
    return msgspec.json.format(msgspec.json.encode(report, order="sorted"), indent=1) + b"\n"


def _ids(counted: Figures) -> Iterator[str]:
    for figure in counted.figures:
        for cell in figure.parts:
            for value in cell.part:
                # A basis is cited as its id and the article.
                yield value.partition("|")[0]


def _differences(
    connection: psycopg.Connection,
    row: AnnualReportRow | None,
    counted: Figures,
    frozen: FrozenVersion | None,
) -> Iterator[Difference]:
    """Yield what changed against the version before, where it was counted by the same set."""
    if row is None:
        return
    kept = [one for one in row.versions if frozen is None or one.version < frozen.version]
    if not kept or kept[-1].indicator_set != INDICATOR_SET:
        return
    before = figures(
        connection, FIGURES, counted.year, counted.department_id, kept[-1].last_event_position
    )
    for old, new in zip(before.figures, counted.figures, strict=True):
        if _all(old) != _all(new):
            yield Difference(new.figure, old.total.value, new.total.value)


def _all(figure: Counted) -> tuple[object, ...]:
    return (figure.total, figure.parts)
