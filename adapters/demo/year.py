"""The whole year as one plan: every step of every chapter, for a seed and a scale."""

from datetime import date

import msgspec

from adapters.demo import afterwards, endings, entries, leaving, people, requests, resources
from adapters.demo.entries import Planned
from adapters.demo.step import Step


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """The plan and what a visitor may want to look at in it."""

    steps: tuple[Step, ...]
    entries: int
    resources: int
    requests: int
    late_request: str


def plan(seed: int, scale: float) -> Year:
    """Plan the city's year; the same seed and scale give the same plan, byte for byte."""
    catalogue = entries.plan(seed, scale)
    mounted = resources.plan(catalogue, seed, scale)
    asked = requests.plan(mounted, seed, scale)
    granted = [one for one in asked if one.granted_on is not None]
    steps: list[Step] = list(people.founding(seed))
    for entry in catalogue:
        steps += entries.steps(entry, seed)
    for one in mounted:
        steps += resources.steps(one, seed)
    steps += requests.standing(mounted, seed)
    ends = endings.chosen(granted, scale)
    for request in asked:
        steps += request.steps
        steps += afterwards.use(request, seed, endings.last_use(request, ends, seed))
        steps += endings.steps(request, ends, seed)
    steps += afterwards.corrections(granted, seed, scale)
    steps += afterwards.releases(catalogue, lambda e, day: _version(e, day, seed))
    steps += afterwards.audit()
    steps += leaving.leaving(seed)
    steps += endings.amendment(catalogue, seed)
    steps += endings.drafts(catalogue, seed, scale)
    late = next((one for one in asked if one.outcome == "late"), asked[0])
    return Year(
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        entries=len(catalogue),
        resources=len(mounted),
        requests=len(asked),
        late_request=late.request_id,
    )


def _version(entry: Planned, day: date, seed: int) -> int:
    """Return the version of an entry in force in the evening of a day."""
    if endings.is_updated(entry) and endings.update_days(entry, seed)[1] <= day:
        return 2
    return 1
