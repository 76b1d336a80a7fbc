"""Whom a row of any view concerns: the rule of its own list, else what its columns name.

Where a comparison shows rows of every view, each is shown to whom its own list shows it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from adapters.http import (
    ask_catalog,
    ask_convergence,
    ask_feedback,
    ask_incidents,
    ask_sharing,
    ask_supervision,
)
from adapters.http.ask_trail import matter, of_deadline
from adapters.http.desk import Desk
from adapters.http.question import nothing
from adapters.http.reading import all_seen
from adapters.http.standing import Reader
from hub.departments.calendar import local_day
from hub.departments.organization import Organization
from hub.supervision.audit import Subject
from projections.registry import PROJECTIONS


class Matter(NamedTuple):
    """Whom a row concerns, and what others see of it."""

    about: Callable[[Any], Subject]
    veil: Callable[[Any], Any] = nothing


MATTERS = {
    "audit_trail": Matter(matter),
    "deadlines": Matter(of_deadline),
    "catalogue": Matter(ask_catalog.of_entry, ask_catalog.published),
    "resources": Matter(ask_convergence.of_resource, ask_convergence.seen_by_others),
    "batches": Matter(ask_convergence.of_batch),
    "request_board": Matter(ask_sharing.of_request),
    "sharing_ledger": Matter(ask_sharing.of_grant),
    "use_register": Matter(ask_sharing.of_grant),
    "correction_board": Matter(ask_feedback.of_correction),
    "feedback_board": Matter(ask_feedback.of_feedback),
    "annual_reports": Matter(ask_supervision.of_report),
    "engagements": Matter(ask_supervision.of_engagement),
    "incidents": Matter(ask_incidents.of_incident),
}
PUBLISHED = frozenset(
    {
        *("directory", "officers", "work_calendars", "legal_bases", "freshness"),
        *("city_deadline_rules", "city_policies"),
        *("catalogue_versions", "catalogue_releases", "catalogue_release_lines"),
    }
)
"""Views every officer reads in full."""
_KINDS = {projection.name: projection.row for projection in PROJECTIONS}
Side = dict[str, Any] | None


async def seen_of(reader: Reader, desk: Desk, view: str, sides: Sequence[Side]) -> list[Side]:
    """Return what the reader sees of these rows, None where it is nothing."""
    if view in PUBLISHED:
        return list(sides)
    matter_of = MATTERS.get(view, Matter(named))
    rows = [msgspec.convert(side, _KINDS[view]) for side in sides if side is not None]
    open_ = await all_seen(reader, desk.standings, [matter_of.about(r) for r in rows], desk.clock())
    shown = iter(
        (row, row if seen else matter_of.veil(row)) for row, seen in zip(rows, open_, strict=True)
    )
    return [None if side is None else _side(side, *next(shown)) for side in sides]


def named(row: msgspec.Struct) -> Subject:
    """Return what the columns of a row name: the case, the entry, every organisation, the day."""
    values = msgspec.structs.asdict(row)
    orgs = (
        value
        for value in values.values()
        if isinstance(value, str) and value.startswith(f"{Organization.STREAM}:")
    )
    cases = (values[name] for name in ("case_id", "request_id", "audit_id") if name in values)
    found_at, day = values.get("found_at"), values.get("day")
    on = local_day(found_at) if isinstance(found_at, datetime) else day
    return Subject(
        str(next(cases, "")), str(values.get("entry_id", "")), tuple(dict.fromkeys(orgs)), on
    )


def _side(side: dict[str, Any], row: Any, shown: Any) -> Side:
    """Return a row in the words of the database, without what the veil took away."""
    if shown is None:
        return None
    return {
        name: value if getattr(shown, name) == getattr(row, name) else None
        for name, value in side.items()
    }
