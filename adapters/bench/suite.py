"""Every bench by its name, and what each needs: a database or two, a folder, how large."""

import os
import platform
from collections.abc import Callable
from typing import Any

import msgspec

from adapters.bench.append import append
from adapters.bench.archive import archive
from adapters.bench.cost import cost
from adapters.bench.edge import edge
from adapters.bench.figure import Figure
from adapters.bench.fresh import fresh
from adapters.bench.growth import growth
from adapters.bench.memory import memory
from adapters.bench.project import project
from adapters.bench.receipt import receipt
from adapters.bench.replay import replay
from adapters.bench.scratch import Scratch
from adapters.bench.seal import seal
from adapters.bench.verify import verify


class Size(msgspec.Struct, frozen=True):
    """How large the benches are: `quick` only to see that they run; `demo` is a scale or None."""

    quick: bool = False
    demo: float | None = None


Bench = Callable[[Scratch, Size], list[Figure]]


def _of_one(measure: Callable[..., list[Figure]], **quick: Any) -> Bench:
    """Return the bench that measures on one database of its own, smaller when quick."""

    def bench(scratch: Scratch, size: Size) -> list[Figure]:
        with scratch.database(f"bench_{measure.__name__}") as url:
            return measure(url, **(quick if size.quick else {}))

    return bench


def _growth(scratch: Scratch, size: Size) -> list[Figure]:
    quick: dict[str, Any] = {"many": 2_000, "few": 200, "rounds": 2, "round_seconds": 0.2}
    with scratch.database("bench_many") as url, scratch.database("bench_few") as few_url:
        return growth(url, few_url, **(quick if size.quick else {}))


def _cost(scratch: Scratch, size: Size) -> list[Figure]:
    with scratch.database("bench_cost") as url:
        figures = cost(url, events=2_000) if size.quick else cost(url)
    return figures + memory(scratch.folder, scale=size.demo)


def _seal(scratch: Scratch, size: Size) -> list[Figure]:
    quick: dict[str, Any] = {"events": 2_000, "rounds": 2, "round_seconds": 0.3}
    with scratch.database("bench_seal") as url:
        return seal(url, scratch.folder / "home", **(quick if size.quick else {}))


def _verify(scratch: Scratch, size: Size) -> list[Figure]:
    quick: dict[str, Any] = {"events": 2_000, "rounds": 1}
    with scratch.database("bench_verify") as url:
        return verify(url, scratch.folder / "verified", **(quick if size.quick else {}))


def _receipt(scratch: Scratch, size: Size) -> list[Figure]:
    quick: dict[str, Any] = {"seconds": 1.0}
    with scratch.database("bench_receipt") as url:
        return receipt(url, scratch.folder / "receipt", **(quick if size.quick else {}))


BENCHES: dict[str, Bench] = {
    "append": _of_one(append, seconds=0.3),
    "edge": _of_one(edge, seconds=0.3),
    "project": _of_one(project, events=2_000),
    "replay": _of_one(replay, events=2_000),
    "fresh": _of_one(fresh, seconds=1.0),
    "growth": _growth,
    "seal": _seal,
    "receipt": _receipt,
    "verify": _verify,
    "archive": _of_one(archive, events=2_000),
    "cost": _cost,
}
"""In the order of the table in docs/performance.md."""


def machine() -> dict[str, str | int]:
    """Say on what the figures were measured."""
    return {
        "processors": os.cpu_count() or 0,
        "processor": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
