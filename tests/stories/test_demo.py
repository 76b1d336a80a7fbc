"""What a stranger does with a fresh clone: let the city live, look around, come back tomorrow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from adapters.settings import load
from adapters.stack.running import stack_for
from projections.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

HUB = [sys.executable, "-m", "adapters.cli"]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
END_OF_JUNE = datetime.fromisoformat("2025-06-30T23:59:59.999999+08:00")
LEDGER: LiteralString = """
    SELECT grant_id, issued_at, calls
      FROM sharing_ledger
     ORDER BY grant_id
"""


def hub(home: Path, *words: str) -> Any:
    """Run `hub` on the home; what it answers in JSON."""
    command = [*HUB, *words, "--home", str(home), "--json"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=CLEAN)
    assert answer.returncode == 0, f"{words}: {answer.stderr}"
    return json.loads(answer.stdout)


def ledgers(home: Path, *schemas: str) -> list[dict[str, tuple[datetime, int]]]:
    """Read the sharing ledger of each schema: the grants, when they were issued, how much used."""
    found = []
    with stack_for(load(home=home)) as addresses:
        for schema in schemas:
            with connect(addresses.database_url, schema) as connection:
                rows = connection.execute(LEDGER).fetchall()
            found.append({grant: (issued_at, int(calls)) for grant, issued_at, calls in rows})
    return found


@pytest.mark.timeout(900)  # a year, however busy the machine
def test_a_city_lives_a_year_and_can_be_looked_at_on_any_day(server_folder: Path) -> None:
    home = server_folder / "demo"
    year = ("demo", "--scale", "0.02", "--port", "0", "--exit")

    lived = hub(home, *year)
    assert lived["events"] > lived["steps"] > 0
    assert lived["refused"] >= 0
    assert lived["witnessed"] is True
    page = home / "reports" / "annual-2025.html"
    assert lived["report"] == str(page)
    assert lived["city"] in page.read_text(encoding="utf-8")

    status = hub(home, "status")
    assert status["position"] == lived["events"]
    assert status["missing_migrations"] == []
    for name, projection in status["projections"].items():
        assert projection == {"position": lived["events"], "parked": None}, name

    replayed = hub(home, "replay", "--as-of", "2025-06-30", "--schema", "june")
    assert replayed["parked"] == {}
    june, now = ledgers(home, "june", "views")
    assert june == {
        grant: (issued_at, june[grant][1])
        for grant, (issued_at, _) in now.items()
        if issued_at <= END_OF_JUNE
    }
    assert 0 < len(june) < len(now)
    assert 0 < sum(calls for _, calls in june.values()) < sum(calls for _, calls in now.values())

    reports = [home / name for name in ("one.html", "two.html", "one.json")]
    told = [hub(home, "report", "annual", "2025", "-o", str(report)) for report in reports]
    assert len({one["position"] for one in told}) == 1
    assert {one["status"] for one in told} == {"frozen"}
    assert reports[0].read_bytes() == reports[1].read_bytes()
    assert reports[2].read_bytes() == page.with_suffix(".json").read_bytes()

    again = hub(home, *year)
    of_the_year = {name: value for name, value in lived.items() if name not in {"url", "api_docs"}}
    assert {name: again[name] for name in of_the_year} == of_the_year
    assert hub(home, "status")["position"] == lived["events"]


def test_the_city_does_not_move_into_somebody_elses_hub(server_folder: Path) -> None:
    home = server_folder / "taken"
    authority = {
        "--org": "departments.organization:city",
        "--name": "市数据局",
        "--uscc": "11330100002489354R",
        "--region": "330100",
        "--head": "wang.fang",
    }
    before = hub(home, "init", *(word for pair in authority.items() for word in pair))["position"]

    demo = [*HUB, "demo", "--home", str(home), "--scale", "0.02", "--port", "0", "--exit"]
    answer = subprocess.run(demo, check=False, capture_output=True, text=True, env=CLEAN)

    assert answer.returncode == 2
    assert answer.stderr.strip().splitlines()[-1] == (
        f"{home} already holds a record. The made-up city needs a home of its own:"
        " choose another folder with --home."
    )
    assert hub(home, "status")["position"] == before
