"""compose.yaml is valid, holds no secret, and sets only what is a setting."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import yaml

from adapters.main import ROLES
from adapters.settings import PREFIX, load
from tests.house.walk import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_every_process_of_the_hub_has_a_service_of_its_own() -> None:
    commands = {" ".join(one.get("command", [])) for one in SERVICES.values()}

    assert {f"python -m {role.module}" for role in ROLES} <= commands
    assert {"postgres", "nats", "migrate"} <= set(SERVICES)
    assert SERVICES["postgres"]["image"] == "postgres:18"


def test_every_service_that_stays_says_whether_it_is_well() -> None:
    unwatched = [name for name, one in SERVICES.items() if "healthcheck" not in one]

    assert unwatched == ["migrate"]


def test_what_a_service_names_exists() -> None:
    for name, one in SERVICES.items():
        assert set(one.get("depends_on", {})) <= set(SERVICES), name
        assert set(one.get("secrets", ())) <= set(COMPOSE["secrets"]), name
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), name


def test_the_environment_holds_only_settings_and_every_file_is_a_secret_of_the_service() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in type(load()).model_fields}
    for name, one in SERVICES.items():
        for key, value in one.get("environment", {}).items():
            if key.startswith(PREFIX):
                assert key.removesuffix("_FILE") in known, f"{name}: {key}"
            if key.endswith("_FILE"):
                assert Path(value).name in one["secrets"], f"{name}: {key}"


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert re.findall(r"(?i)(?:password|secret|token|key)\s*:\s*[\"']?\w{8,}", text) == []
    assert "://" not in re.sub(r"http://127\.0\.0\.1", "", text)


def test_the_owner_of_the_tables_is_known_to_migrate_alone() -> None:
    holders = [n for n, one in SERVICES.items() if "database_owner_url" in one.get("secrets", ())]

    assert holders == ["migrate"]


def test_make_secrets_writes_every_secret_once_and_for_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path / "deploy")

    subprocess.run(["/bin/sh", script], check=True, capture_output=True, env={**os.environ})
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["/bin/sh", script], check=True, capture_output=True)
    second = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    assert first == second
    assert set(COMPOSE["secrets"]) <= set(first)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert first["postgres_hub_app"] in first["database_url"]
    assert first["nats"] in first["nats_config"]


def test_docker_compose_accepts_the_file_where_docker_is() -> None:
    docker = shutil.which("docker")

    def compose(*words: str) -> subprocess.CompletedProcess[bytes]:
        assert docker is not None
        return subprocess.run([docker, "compose", *words], check=False, capture_output=True)

    # The checks above stand alone where there is no docker compose.
    if docker is not None and compose("version").returncode == 0:
        answer = compose("--file", str(ROOT / "compose.yaml"), "config", "--quiet")
        assert answer.returncode == 0, answer.stderr.decode()


def test_the_log_s_key_and_its_guard_are_the_sealer_s_alone() -> None:
    for volume in ("key", "guard"):
        holders = [
            name
            for name, one in SERVICES.items()
            if any(each.startswith(f"{volume}:") for each in one.get("volumes", ()))
        ]
        assert holders == ["sealer"]
    environment = SERVICES["sealer"]["environment"]
    assert environment["HUB_LOG_KEY"].startswith("/var/lib/shuqiao-key/")
    assert environment["HUB_GUARD_DIR"] == "/var/lib/shuqiao-guard"
