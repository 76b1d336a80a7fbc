"""Building the Go referee and asking it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("referee.go")
# Debian's golang-golang-x-mod-dev puts the library here; nothing is fetched.
GOPATH = "/usr/share/gocode"


@dataclass
class Verdict:
    ok: bool
    reason: str
    size: int
    root: bytes
    checks: int


def build(folder: Path) -> Path:
    """Compile the referee; the program lies in the folder afterwards."""
    go = shutil.which("go")
    assert go is not None, "tests/referees.py leaves this module out where there is no Go"
    program = folder / "referee"
    environment = {
        # Go keeps what it compiled of its own library under HOME, for the next time.
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "GO111MODULE": "off",
        "GOPATH": GOPATH,
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    environment.setdefault("HOME", str(folder))
    made = subprocess.run(
        [go, "build", "-o", str(program), str(SOURCE)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return program


def ask(program: Path, key: str, checks: list[dict[str, Any]], log: str = "") -> list[Verdict]:
    """Return the referee's verdict on each check, in order."""
    question = {"key": key, "log": log, "checks": [_as_json(each) for each in checks]}
    answered = subprocess.run(
        [str(program)], input=json.dumps(question).encode(), check=False, capture_output=True
    )
    assert answered.returncode == 0, answered.stderr.decode()
    verdicts = [
        Verdict(**{**each, "root": base64.b64decode(each["root"] or "")})
        for each in json.loads(answered.stdout)
    ]
    assert len(verdicts) == len(checks)
    return verdicts


def _as_json(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: _as_json(each) for name, each in value.items()}
        case list() | tuple():
            return [_as_json(each) for each in value]
        case _:
            return value
