"""年报指标事实 Annual facts: what each event adds to the figures of a year; rows never change.

A figure (`projections/figures.py`) is an aggregate over facts up to a position, so that a report
can be counted again byte for byte, and the events behind a figure are the positions of its facts.
Which event makes which facts stands in `annual_sources.py` and `annual_clocks.py`. Day and year
are those of China (DOMAIN §3.7); use counts on the day of the use, everything else on the day of
the event.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from hub.event import Event
from hub.record import Recorded
from projections.annual_clocks import clock_facts, has_judged_clock
from projections.annual_sources import SOURCES, Fact, day_of
from projections.projection import Key, Projection


class FactRow(msgspec.Struct, frozen=True):
    """One fact of one event: `number` counts the facts of the event.

    `department_id` is whom it counts for, `partner_id` the other side (requester, raiser),
    `subject_id` the entry, `part` what it is broken down by, `label` a text to print. `value` is
    what is summed, `out_of` its whole where it is a share. `due_on` belongs to clocks.
    """

    position: int
    number: int
    fact: str
    year: int
    day: date
    department_id: str
    partner_id: str
    case_id: str
    subject_id: str
    part: str
    label: str
    value: int
    out_of: int
    due_on: date | None


def facts_of(event: Event) -> list[Fact]:
    """Return what an event adds to the figures, clocks that it stops before clocks it starts."""
    found = SOURCES.get(type(event))
    facts = list(found(event)) if found is not None else []
    facts += clock_facts(event)
    return facts


class _Latest:
    """The facts of the event last asked for: the runner asks for its keys, then for each row."""

    def __init__(self) -> None:
        self._held: tuple[Event | None, tuple[Fact, ...]] = (None, ())

    def of(self, event: Event) -> tuple[Fact, ...]:
        # One name for both, so that another thread never sees the facts of another event.
        known, facts = self._held
        if known is not event:
            facts = tuple(facts_of(event))
            self._held = (event, facts)
        return facts


_latest = _Latest()


def keys(event: Event, recorded: Recorded) -> Iterable[Key]:
    """Return the position and number of each fact of an event."""
    return [(recorded.position, number) for number in range(len(_latest.of(event)))]


def fold(key: Key, row: FactRow | None, event: Event, recorded: Recorded) -> FactRow:
    """Return one fact of an event as a row."""
    del row, recorded
    position, number = key
    fact = _latest.of(event)[number]
    day = fact.day or day_of(event)
    return FactRow(
        position,
        number,
        fact.fact,
        day.year,
        day,
        fact.department_id,
        fact.partner_id,
        fact.case_id,
        fact.subject_id,
        fact.part,
        fact.label,
        fact.value,
        fact.out_of,
        fact.due_on,
    )


def _counts(event: type[Event]) -> bool:
    return event in SOURCES or has_judged_clock(event)


ANNUAL_FACTS = Projection(
    name="annual_facts",
    version=1,
    row=FactRow,
    key=("position", "number"),
    reads=(Event,),
    only=_counts,
    keys=keys,
    fold=fold,
    insert_only=True,
)
