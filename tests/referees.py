"""Programs that judge us from outside: Go, OpenSSL, SoftHSM. CI installs them.

A test module that needs one is named in `MODULES`. On a machine without the program the module is
not collected and pytest's header says so; with HUB_REFEREES=required (CI) its absence is an error.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

_HSM = tuple(
    Path(folder) / "softhsm" / "libsofthsm2.so"
    for folder in ("/usr/lib", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64")
)
_GO_NOTE = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/note")


def softhsm_library() -> Path | None:
    """Return the library of SoftHSM, a PKCS#11 device in software, if it is installed."""
    return next((path for path in _HSM if path.exists()), None)


_THERE: dict[str, Callable[[], bool]] = {
    "go": lambda: shutil.which("go") is not None and _GO_NOTE.is_dir(),
    "openssl": lambda: shutil.which("openssl") is not None,
    "softhsm2": lambda: softhsm_library() is not None,
}

# Test module, from the folder `tests` on -> the program it cannot do without.
MODULES: dict[str, str] = {
    "adapters/evidence/test_instructions.py": "openssl",
    "adapters/seal/test_device.py": "softhsm2",
    "adapters/seal/test_national.py": "openssl",
    "adapters/seal/test_stamp.py": "openssl",
    "adapters/verify/test_beside.py": "openssl",
    "referees_go/test_go.py": "go",
    "referees_go/test_go_hub.py": "go",
    "referees_go/test_openssl.py": "openssl",
}


class RefereeMissing(Exception):
    """CI promised a program and did not install it."""


def left_out() -> dict[str, str]:
    """Return the modules that cannot run here, each with the program it lacks."""
    there = {program: check() for program, check in _THERE.items()}
    missing = {module: program for module, program in MODULES.items() if not there[program]}
    if missing and os.environ.get("HUB_REFEREES") == "required":
        names = ", ".join(sorted(set(missing.values())))
        raise RefereeMissing(f"HUB_REFEREES=required, but this machine has no {names}")
    return missing
