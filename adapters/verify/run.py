"""All of it together: what is to be checked, by how many processes, and the report."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.verify import questions
from adapters.verify.answers import Answers
from adapters.verify.chunk import Checked, Difference, Task, check
from adapters.verify.finding import WRONGS_MAX, Kind, Report, Wrong
from adapters.verify.folder import Folder
from adapters.verify.judge import RECORD, Evidence, judge
from adapters.verify.known import GUARD, LOG, Checkpoints, Known
from adapters.verify.source import Source, forget, snapshot_of, sources
from adapters.verify.tree import Trees
from hub.seal.note import VerifierKey
from hub.seal.policy import Policy
from hub.seal.tiles import WIDTH
from projections import archived

if TYPE_CHECKING:
    from adapters.verify.shelved import FromArchive

PROCESSES = 2
EVENTS_ALONE_MAX = 20_000
"""Up to so many events one process is as quick: starting another takes a third of a second."""
RANGE_EVENTS_MAX = 64 * 1_024
_RANGES_EACH = 4

Progress = Callable[[int, int], None]
"""Hears how many positions are done, and of how many."""


class Asked(NamedTuple):
    """What to verify, and by what: the database, the folders, keys, and what was brought along.

    `checkpoints` are signed notes by the name of where they come from, `witnesses` the answers of
    witnesses by their address.
    """

    database_url: str
    log: Path
    guard: Path
    key: VerifierKey | None
    policy: Policy | None = None
    checkpoints: tuple[tuple[str, bytes], ...] = ()
    witnesses: tuple[tuple[str, bytes], ...] = ()
    mirrors: tuple[Path, ...] = ()
    archive: Path = Path()


def verify(
    asked: Asked, *, progress: Progress | None = None, processes: int | None = None
) -> Report:
    """Hash everything again and compare; constant memory however long the record is."""
    start = perf_counter()
    known, mirrors = _known(asked)
    with snapshot_of(asked.database_url) as connection:
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        known.of_desk(connection)
        head, wrong = questions.extent(connection)
        sealed = max(known.size(LOG), known.size(GUARD))
        folders = (Folder(LOG, asked.log, sealed), *mirrors)
        shelved = _shelved(asked.archive, archived.volumes(connection))
        held = (*shelved, *sources(asked.database_url, str(row[0]), head, shelved))
        work = _Work(asked.database_url, str(row[0]), head, folders, known.found, held)
        answers = Answers(connection)
        evidence, wrong_positions, events = work.done(wrong, answers, progress, processes)
    found = judge(evidence)
    wrong += known.wrong + found + _nothing_sealed(head, known.found)
    located = {one.position for one in wrong}
    return Report(
        events=events,
        position=head,
        sealed=sealed,
        log=None if asked.key is None else asked.key.name,
        checkpoints=_agreeing(evidence),
        witnesses=_witnesses(known.found),
        witnessed=max((one.head.size for one in known.found if one.witnessed), default=0),
        mirrors={one.name: one.size for one in mirrors},
        archives=[f"{one.folder.name} ({one.first}–{one.last})" for one in shelved],
        seconds=round(perf_counter() - start, 3),
        wrong=sorted(wrong, key=lambda one: one.order)[:WRONGS_MAX],
        wrong_positions=max(wrong_positions, len(located)),
    )


def _known(asked: Asked) -> tuple[Checkpoints, list[Folder]]:
    """Collect the checkpoints outside the database; before the database's moment is fixed."""
    known = Checkpoints(asked.key, asked.policy)
    known.of_home(asked.log, asked.guard)
    for where, data in asked.checkpoints:
        known.add(where, data, outside=True)
    for url, body in asked.witnesses:
        known.of_witness(url, body)
    mirrors = []
    for place in asked.mirrors:
        head = known.add(str(place), (place / "checkpoint").read_bytes(), outside=True)
        mirrors.append(Folder(str(place), place, 0 if head is None else head.size))
    return known, mirrors


def _shelved(archive: Path, volumes: list[archived.Volume]) -> "tuple[FromArchive, ...]":
    if not volumes:
        return ()
    # Only who has an archive waits for the library that reads it, in each process.
    from adapters.verify.shelved import of_volumes  # noqa: PLC0415

    return of_volumes(archive, volumes)


class _Work:
    """The ranges, the processes that check them, and the questions asked meanwhile."""

    def __init__(
        self,
        url: str,
        snapshot: str,
        head: int,
        folders: tuple[Folder, ...],
        known: Sequence[Known],
        held: tuple[Source, ...],
    ) -> None:
        self._url, self._snapshot, self._head = url, snapshot, head
        self._held, self._whole = held, len(held) == 1
        self._folders, self._known = folders, known
        self._top = max([head, *(folder.size for folder in folders)])
        self._trees = Trees(folders, [one.head.size for one in known])

    def done(
        self,
        wrong: list[Wrong],
        answers: Answers,
        progress: Progress | None,
        processes: int | None,
    ) -> tuple[Evidence, int, int]:
        """Check everything; what is wrong with streams and answers is added to `wrong`."""
        differences: list[Difference] = []
        wrong_positions = events = 0
        if processes is None:
            processes = min(PROCESSES, os.cpu_count() or 1)
            processes = processes if self._top > EVENTS_ALONE_MAX else 0
        tasks = self._tasks(max(processes, 1))
        with _checking(processes, may_fork=self._whole) as checking:
            checks = checking(tasks)
            with ThreadPoolExecutor(1) as beside:
                asked = beside.submit(self._ask)
                for task, checked in zip(tasks, checks, strict=True):
                    self._trees.add(checked)
                    answers.take(task.upto, checked.runs)
                    differences += checked.differences[: WRONGS_MAX - len(differences)]
                    wrong_positions += checked.counts["wrong"]
                    events += checked.counts["events"]
                    if progress is not None:
                        progress(task.upto, self._top)
            answers.finish(self._head)
            wrong += asked.result() + answers.wrong
        forget(self._url, self._snapshot)
        self._trees.finish()
        trees = self._trees
        evidence = Evidence(
            self._head, self._folders, trees.roots, self._known, differences, trees.bad
        )
        return evidence, wrong_positions, events

    def _tasks(self, processes: int) -> list[Task]:
        each = self._top // (processes * _RANGES_EACH) // WIDTH * WIDTH
        step = max(WIDTH, min(RANGE_EVENTS_MAX, each))
        sizes = sorted({one.head.size for one in self._known})
        tasks = []
        for after in range(0, self._top, step):
            upto = min(after + step, self._top)
            within = tuple(size for size in sizes if after < size <= upto)
            tasks.append(Task(after, upto, self._head, self._held, self._folders, within))
        return tasks

    def _ask(self) -> list[Wrong]:
        with snapshot_of(self._url, self._snapshot) as connection:
            return questions.streams(connection, whole=self._whole)


Checking = Callable[[Sequence[Task]], Iterator[Checked]]


@contextmanager
def _checking(processes: int, *, may_fork: bool) -> Iterator[Checking]:
    """Give what checks ranges, in order: here, or in so many processes."""
    if not processes:
        yield lambda tasks: map(check, tasks)
        return
    with ProcessPoolExecutor(processes, _context(may_fork=may_fork)) as pool:

        def checking(tasks: Sequence[Task]) -> Iterator[Checked]:
            # A few ranges ahead, so that results never pile up; the first start the processes.
            waiting = deque(pool.submit(check, task) for task in tasks[: 2 * processes])
            return _in_order(pool, waiting, tasks[2 * processes :])

        try:
            yield checking
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_order(
    pool: ProcessPoolExecutor, waiting: deque[Future[Checked]], tasks: Sequence[Task]
) -> Iterator[Checked]:
    left = iter(tasks)
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(check, task) for task in islice(left, 1))


def _context(*, may_fork: bool) -> BaseContext:
    """A forked process need not load everything again; only a process without threads may fork.

    The library that reads archives has threads of its own and does not survive it.
    """
    alone = sys.platform == "linux" and threading.active_count() == 1
    return get_context("fork" if may_fork and alone else "spawn")


def _nothing_sealed(head: int, known: Sequence[Known]) -> list[Wrong]:
    if known or not head:
        return []
    return [
        Wrong(
            kind=Kind.UNSEALED,
            position=1,
            until=head,
            sentence=f"nothing vouches for the {head} events: there is no checkpoint that counts",
            proves="whoever can write the database could have changed anything; while `hub up` "
            "runs, the sealer seals everything",
        )
    ]


def _agreeing(evidence: Evidence) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in evidence.known:
        counts[one.where] = counts.get(one.where, 0) + evidence.agrees(RECORD, one)
    return counts


def _witnesses(known: Sequence[Known]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(known, key=lambda one: one.head.size):
        for name, at in one.seen_by.items():
            found[name] = {"size": one.head.size, "at": datetime.fromtimestamp(at, UTC).isoformat()}
    return found
