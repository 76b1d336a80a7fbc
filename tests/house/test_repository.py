"""What a stranger who clones finds: two commands, pinned packages, nothing of our machines."""

import re
import subprocess

from tests.house.walk import ROOT

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
# Put together, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a package index": re.compile(
        "pypi" + r"\.org|files\.pythonhosted|registry\.npmjs|" + "index-" + "url ?="
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:" + "work" + "|" + "root" + r")/[\w.]"),
    "a key": re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----"),
}


def committed() -> list[str]:
    listed = subprocess.run(
        ["/usr/bin/env", "git", "-C", str(ROOT), "ls-files"],
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.splitlines()


def test_nothing_committed_names_an_index_a_machine_or_a_key() -> None:
    found = []
    for name in committed():
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode(errors="ignore")
        found += [f"{name}: {what}" for what, words in FORBIDDEN.items() if words.search(text)]

    assert found == []


def test_every_requirement_is_pinned_with_its_hashes_and_without_an_address() -> None:
    for name in REQUIREMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
        loose = [one.splitlines()[0] for one in entries if "==" not in one or "sha256:" not in one]
        assert loose == [], name
        assert "://" not in text, name


def test_both_requirements_pin_the_same_versions() -> None:
    pin = re.compile(r"^([a-z0-9.-]+)(?:\[\w+\])?==(\S+)", re.MULTILINE)
    pins = [dict(pin.findall((ROOT / name).read_text())) for name in REQUIREMENTS]

    assert {package: pins[1].get(package) for package in pins[0]} == pins[0]


def test_the_first_screen_of_both_readmes_names_the_two_commands() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        first_screen = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:40])
        assert "make demo" in first_screen, name
        assert "make test" in first_screen, name


def test_every_target_of_make_is_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):(.*)$", text, re.MULTILINE)

    assert [name for name, rest in targets if "## " not in rest] == []
    assert {"demo", "test", "help"} <= {name for name, _ in targets}
