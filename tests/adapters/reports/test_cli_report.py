"""`hub report annual` as an operator uses it: the file, the answer, the sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.cli import build
from hub.errors import NotFound
from projections.connect import connect
from tests.projections.annual import year as y
from tests.projections.kit import record

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from tests.servers import Database

from tests.hub.departments.city import CITY


@pytest.fixture
def home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose record holds a small city, on the test's own PostgreSQL."""
    monkeypatch.setenv("HUB_DATABASE_URL", database.app_url)
    monkeypatch.setenv("HUB_NATS_URL", "nats://127.0.0.1:1")
    with connect(database.app_url) as connection:
        record(connection, [*CITY, *y.k9()])
    return tmp_path / "home"


def _hub(home: Path, *words: str) -> Result:
    return CliRunner().invoke(build(), ["report", "annual", *words, "--home", str(home)])


def test_the_year_before_is_frozen_and_written(home: Path, tmp_path: Path) -> None:
    page, data = tmp_path / "out" / "report.html", tmp_path / "report.json"
    answer = _hub(home, "2025", "-o", str(page))
    assert answer.exit_code == 0, answer.output
    assert "frozen at position" in answer.output
    assert "2025年度政务数据共享报告" in page.read_text(encoding="utf-8")
    again = _hub(home, "2025", "-o", str(data), "--json")
    facts = json.loads(again.stdout)
    assert facts["status"] == "frozen"
    assert json.loads(data.read_bytes())["figures_sha256"] == facts["figures_sha256"]


def test_the_format_may_be_said(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert _hub(home, "2025", "-o", str(out), "--format", "json").exit_code == 0
    assert json.loads(out.read_bytes())["year"] == 2025
    assert _hub(home, "2025", "-o", str(out), "--format", "pdf").exit_code == 2


def test_an_unknown_department_is_said_in_a_sentence(home: Path, tmp_path: Path) -> None:
    nobody = ("--department", "departments.organization:nobody")
    answer = _hub(home, "2025", "-o", str(tmp_path / "r.html"), *nobody)
    assert isinstance(answer.exception, NotFound)
    assert "check the id" in str(answer.exception)
    assert not (tmp_path / "r.html").exists()
