"""What `hub demo` tells a stranger to try exists as it is printed."""

from __future__ import annotations

import re

from adapters.cli import VERBS
from adapters.cli.demo import things
from adapters.http.app import create_app
from adapters.settings import Settings
from tests.house.walk import ROOT

SHOWN = {
    "url": "http://127.0.0.1:8642",
    "late_request": "sharing.request:1",
    "report": "/home/reports/annual-2025.html",
    "password": "secret",
}
ADDRESS = re.compile(r"/api/v1/[\w/-]+")


def _addresses(text: str) -> set[str]:
    return set(ADDRESS.findall(text))


def _unknown(addresses: set[str]) -> set[str]:
    return addresses - set(create_app(Settings()).openapi()["paths"])


def test_every_address_the_demonstration_prints_answers() -> None:
    printed = _addresses("\n".join(line for thing in things(SHOWN) for line in thing))
    assert printed
    assert _unknown(printed) == set()


def test_every_address_in_the_guided_tour_answers() -> None:
    told = _addresses((ROOT / "docs" / "life-of-a-request.md").read_text(encoding="utf-8"))
    assert told
    assert _unknown(told) == set()


def test_every_command_line_the_demonstration_prints_is_a_verb() -> None:
    lines = [line for thing in things(SHOWN) for line in thing if " --home " in line]
    verbs = {re.split(r" +", part.strip())[1] for line in lines for part in line.split("&&")}
    assert verbs == {"replay", "status", "doctor", "witness"}
    assert verbs <= set(VERBS)
