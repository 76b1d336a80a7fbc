"""Whoever changes anything, with whatever rights: `hub verify` finds it and says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.sealed import HEAD, OLDER, Sealed, base_database, copied, gone, prepared
from tests.faults.tampering import CASES, Case
from tests.servers import TEMPLATE, Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from adapters.stack.postgres import Postgres


@pytest.fixture(scope="module")
def base(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    folder = tmp_path_factory.mktemp("tampering")
    one = prepared(base_database(Database(postgres_server, TEMPLATE)), folder)
    yield one
    gone(one)
    gone(Sealed(Database(postgres_server, OLDER), one.home, one.outside))


def test_an_untouched_record_is_all_right(base: Sealed, tmp_path: Path) -> None:
    one = copied(base, tmp_path)
    report = one.verify()
    gone(one)

    assert report.wrong == []
    assert (report.events, report.position, report.sealed) == (HEAD, HEAD, HEAD)
    assert report.witnesses["audit-office"]["size"] == report.witnessed == 700
    assert report.checkpoints == {
        "log": 1,
        "guard": 1,
        "desk": 3,
        "audit office": 1,
        str(one.mirror): 1,
    }


@pytest.mark.timeout(600)  # each case has a database of its own
def test_every_tampering_is_found_and_the_first_wrong_position_named(
    base: Sealed, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    lines, missed = [], []
    for number, case in enumerate(CASES):
        found, expected = _first_wrong(case, base, tmp_path / str(number))
        right = found == expected
        lines.append(f"{'found' if right else 'MISSED':<7} {case.name:<46} {found}")
        if not right:
            missed.append(f"{case.name}: {found}, not {expected}")
    title = f"tampering found: {len(CASES) - len(missed)} of {len(CASES)}"
    record_property("table", "\n".join([title, *lines]))

    assert missed == []


def _first_wrong(case: Case, base: Sealed, folder: Path) -> tuple[str, str]:
    one = copied(base, folder, **({"template": OLDER} if case.older else {}))
    try:
        case.tamper(one)
        report = one.verify(mirror=case.mirror, witness=case.witness)
    finally:
        gone(one)
    first = report.first_wrong
    found = "nothing" if first is None else _words(first.position, first.until, first.kind)
    return found, _words(case.position, case.until, case.kind)


def _words(position: int | None, until: int | None, kind: str) -> str:
    end = "" if until in {None, position} else f"–{until}"
    return f"position {position}{end}: {kind}"
