"""The reference says what the code says."""

import re

from adapters import reference
from adapters.cli import VERBS
from adapters.settings import Settings
from hub import errors
from hub.codec import EVENTS
from hub.command import Command
from tests.house.walk import ROOT, concrete, load_hub

load_hub()


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_writes() -> None:
    behind = [name for name, text in reference.pages().items() if page(name) != text]

    assert behind == [], "run `make reference` and commit what it writes"


def test_the_reference_lists_every_event_command_refusal_setting_and_verb() -> None:
    refusals = [name for name, one in vars(errors).items() if isinstance(one, type)]
    wanted = {
        "events.md": list(EVENTS),
        "commands.md": [one.__name__ for one in concrete(Command)],
        "refusals.md": refusals,
        "settings.md": list(Settings.model_fields),
        "cli.md": [f"hub {verb.rstrip('_')}" for verb in VERBS],
    }
    missing = [
        f"{name}: {one}" for name, names in wanted.items() for one in names if one not in page(name)
    ]

    assert missing == []


def test_every_link_between_the_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]

    assert broken == []
