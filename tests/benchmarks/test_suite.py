"""`hub bench` as a person asks for it; how fast is not a test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from adapters.bench.figure import BEGIN, END, Figure, markdown, page_with
from adapters.bench.suite import BENCHES

if TYPE_CHECKING:
    from pathlib import Path

HUB = [sys.executable, "-m", "adapters.cli"]
MEASURED = {
    "append": ["append (async)", "append (threads)"],
    "edge": ["edge"],
    "project": ["project"],
    "replay": ["replay"],
    "fresh": ["fresh (p99)"],
    "growth": ["growth"],
    "seal": ["seal (off the path)", "append beside the sealer"],
    "receipt": ["receipt (p99)", "receipt (limit)"],
    "verify": ["verify"],
    "archive": ["archive write", "archive read", "archive size", "archive stream (p99)"],
    "cost": ["cost", "memory (idle)"],
}


def bench(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*HUB, "bench", "--home", str(home), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def figure(**changes: object) -> Figure:
    fields = {"name": "m", "ours": 30.0, "other": 20.0, "other_is": "it", "ratio": 1.5, "unit": "x"}
    return Figure(**(fields | changes))  # type: ignore[arg-type] # each is one of Figure's fields


@pytest.mark.timeout(600)  # all benches and a whole hub, however busy the machine
def test_every_bench_measures_and_names_its_yardstick(server_folder: Path) -> None:
    home = server_folder / "bench"
    answer = bench(home, "--quick", "--json")

    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert facts["quick"]
    assert facts["machine"]["processors"] > 0
    found: dict[str, list[str]] = {}
    for measure in facts["measures"]:
        found.setdefault(measure["bench"], []).append(measure["name"])
        assert measure["ours"] > 0
        assert measure["other"] > 0
        assert measure["other_is"]
        assert measure["reached"] in {"aim", "yes", "no", "stated"}
        assert measure["ratio"] == pytest.approx(measure["ours"] / measure["other"], rel=0.06)
    assert found == MEASURED
    assert list(found) == list(BENCHES)
    assert not list(home.glob("bench-*")), "the scratch server's folder is still there"
    assert not (home / "pg").exists(), "the home's own record is none of the bench's business"


def test_an_unknown_bench_is_wrong_use_and_the_known_ones_are_named(tmp_path: Path) -> None:
    answer = bench(tmp_path / "home", "append", "speed")

    assert answer.returncode == 2
    assert answer.stderr.strip() == (f"There is no bench speed. There are {', '.join(BENCHES)}.")
    assert not (tmp_path / "home").exists()


def test_only_all_of_them_at_full_size_may_stand_in_the_documentation(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- hub bench: begin -->\n<!-- hub bench: end -->\n")
    for words in (("append",), ("--quick",)):
        assert bench(tmp_path / "home", *words, "--into", str(page)).returncode == 2
    page.write_text("no marks")
    assert bench(tmp_path / "home", "--into", str(page)).returncode == 2
    assert page.read_text() == "no marks"


@pytest.mark.parametrize(
    ("ratio", "at_most", "reached"),
    [
        (0.9, False, "no"),
        (1.0, False, "yes"),
        (2.0, False, "aim"),
        (2.1, True, "no"),
        (2.0, True, "yes"),
        (1.0, True, "aim"),
    ],
)
def test_a_ratio_is_held_against_what_it_must_reach(
    ratio: float,
    at_most: bool,  # noqa: FBT001 - given by name above
    reached: str,
) -> None:
    must, aim = (2.0, 1.0) if at_most else (1.0, 2.0)
    one = figure(ratio=ratio, must=must, aim=aim, at_most=at_most)
    assert one.reached == reached


def test_the_table_is_markdown() -> None:
    lines = markdown([figure(must=1, aim=2), figure(name="n")]).splitlines()
    assert lines[2:] == [
        "| m | 30.0 | it | 20.0 | x | 1.5 | ≥ 1 | ≥ 2 | yes |",
        "| n | 30.0 | it | 20.0 | x | 1.5 | – | – | stated |",
    ]


def test_the_table_takes_the_place_of_the_one_before() -> None:
    page = f"# What was measured\n{BEGIN}\nold\n{END}\n## Why\n"
    once = page_with(page, {"processors": 2}, [figure()])
    assert once == page_with(once, {"processors": 2}, [figure()])
    before, table, after = once.partition(markdown([figure()]))
    assert table
    assert before.startswith(f"# What was measured\n{BEGIN}\n\nMeasured on ")
    assert "processors 2." in before
    assert after == f"\n{END}\n## Why\n"
