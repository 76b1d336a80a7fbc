"""Resources mounted to entries, and twelve months of batches: in time, late, broken, missing."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from adapters.demo.entries import Planned, Speech
from adapters.demo.people import machine
from adapters.demo.step import LAST_DAY, Dice, Step, after, moment, working_day
from adapters.demo.tables import make
from hub.catalog.kinds import UpdateCycle
from hub.convergence.commands import batch_id_of
from hub.convergence.period import KIND_OF_CYCLE, Period, period_of

RESOURCES = 200
"""Resources at scale 1."""
DAILY_MAX = 2
"""How many daily tables are mounted: each brings two hundred batches."""


class Mounted(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of the plan: the entry it serves, and from which day."""

    resource_id: str
    entry: Planned
    active_on: date
    batches: tuple[str, ...]


def plan(entries: list[Planned], seed: int, scale: float) -> list[Mounted]:
    """Choose which entries get a resource: those published early, not class 3."""
    dice = Dice(seed, "resources")
    able = [
        entry
        for entry in entries
        if entry.share_type != "not_shared" and entry.published_on < date(2025, 3, 20)
    ]
    daily = [entry for entry in able if entry.cycle == "daily"][:DAILY_MAX]
    chosen = [entry for entry in able if entry.cycle != "daily" or entry in daily]
    chosen = chosen[: max(int(RESOURCES * scale), 8)]
    return [_mounted(entry, dice, seed) for entry in chosen]


def _mounted(entry: Planned, dice: Dice, seed: int) -> Mounted:
    active_on = after(entry.published_on, 12)
    resource_id = dice.ident("convergence.resource", entry.entry_id)
    first = next(iter(_periods(entry, active_on)), None)
    batches = []
    if first is not None:
        file = make(entry, first.code, first.last, seed)
        digest = f"sha256:{hashlib.sha256(file.content).hexdigest()}"
        batches.append(batch_id_of(resource_id, first.code, digest, ""))
    return Mounted(
        resource_id=resource_id, entry=entry, active_on=active_on, batches=tuple(batches)
    )


def steps(mounted: Mounted, seed: int) -> Iterator[Step]:
    """Yield mounting, testing, activating, and every delivery of the year."""
    entry, ident = mounted.entry, {"resource_id": mounted.resource_id}
    dice = Dice(seed, f"resource/{mounted.resource_id}")
    say = Speech(mounted.resource_id, dice)
    day = working_day(mounted.active_on - timedelta(days=2))
    yield say(day, entry.owner, "clerk", "convergence/mount-resource",
              {**ident, "entry_id": entry.entry_id, "kind": entry.method,
               "title": entry.title, "locator": f"{entry.owner}_share.{entry.form}"})  # fmt: skip
    yield say(day, entry.owner, "clerk", "convergence/test-resource", {**ident, "ok": True})
    yield say(mounted.active_on, entry.owner, "office", "convergence/activate-resource", ident)
    for period in _periods(entry, mounted.active_on):
        yield from _deliver(mounted, period, dice, seed)


def _periods(entry: Planned, active_on: date) -> Iterator[Period]:
    """Yield the periods whose data comes within the year."""
    kind = KIND_OF_CYCLE.get(UpdateCycle(entry.cycle))
    if kind is None or entry.method == "interface":
        return
    if entry.cycle == "yearly":
        yield period_of(kind, date(active_on.year - 1, 6, 30))
        return
    period = period_of(kind, active_on)
    while period.last < LAST_DAY - timedelta(days=5):
        yield period
        period = period_of(kind, period.last + timedelta(days=1))


def _deliver(mounted: Mounted, period: Period, dice: Dice, seed: int) -> Iterator[Step]:
    """Yield the delivery of one period: some come late, some are broken first, a few are missing."""
    entry, chance = mounted.entry, dice.random.random()
    first = period.code == next(iter(_periods(entry, mounted.active_on))).code
    if chance < 0.02 and not first:
        return
    delay = (
        dice.random.randint(12, 25) if chance < 0.07 and not first else dice.random.randint(1, 2)
    )
    start = max(period.last, mounted.active_on) + timedelta(days=delay)
    day = min(working_day(start), LAST_DAY)
    supersedes = ""
    if chance > 0.94 and not first:
        yield from _upload(mounted, period, day, seed, broken=True)
        broken = make(entry, period.code, period.last, seed, broken=True)
        supersedes = batch_id_of(mounted.resource_id, period.code, _digest(broken.content), "")
        day = after(day, 1)
    yield from _upload(mounted, period, day, seed, supersedes=supersedes)


def _upload(
    mounted: Mounted,
    period: Period,
    day: date,
    seed: int,
    *,
    broken: bool = False,
    supersedes: str = "",
) -> Iterator[Step]:
    file = make(mounted.entry, period.code, period.last, seed, broken=broken)
    digest, who = _digest(file.content), machine(mounted.entry.owner)
    minute = Dice(seed, f"{mounted.resource_id}/{period.code}").minute(400)
    path = f"convergence/payloads/{digest.removeprefix('sha256:')}"
    yield Step(
        at=moment(day, minute),
        lane=mounted.resource_id,
        who=who,
        path=path,
        payload=file.content,
        method="PUT",
    )
    body = {
        "resource_id": mounted.resource_id,
        "period": period.code,
        "rows": file.rows,
        "bytes": len(file.content),
        "sha256": digest,
        "file_name": file.name,
        "content_type": file.content_type,
    }
    yield Step(
        at=moment(day, minute + 1),
        lane=mounted.resource_id,
        who=who,
        path="convergence/deliver-batch",
        body=body | ({"supersedes": supersedes} if supersedes else {}),
    )


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
