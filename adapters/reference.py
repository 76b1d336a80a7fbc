"""The reference pages, written from the code: `python -m adapters.reference` (`make reference`).

A house test compares `docs/reference/` with what this would write, so no page can lag behind.
"""

import inspect
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer.main

from adapters.cli import build
from adapters.http.reference import http_page
from adapters.settings import PREFIX, Settings
from hub import errors
from hub.codec import EVENTS
from hub.command import Command
from hub.decide import RULES
from hub.event import Event
from hub.permit import Permit
from hub.term import glossary

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WORDS: dict[object, str] = {str: "text", int: "whole number", bool: "true or false"}
HEAD = "<!-- Written by `make reference` from the code; changes here are lost. -->\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    written: dict[str, Callable[[], Iterable[str]]] = {
        "cli.md": cli_page,
        "commands.md": commands_page,
        "events.md": events_page,
        "glossary.md": glossary_page,
        "http.md": http_page,
        "refusals.md": refusals_page,
        "settings.md": settings_page,
    }
    return {name: HEAD + "\n".join(page()) + "\n" for name, page in written.items()}


def events_page() -> Iterable[str]:
    """Write every event with its fields."""
    yield "# Events\n"
    yield "What the record can hold. Every event also has `at`, `by`, and where given `basis`,"
    yield "`correlation_id` and `causation_id`."
    common = set(Event.__struct_fields__)
    for topic, event in sorted(EVENTS.items()):
        yield f"\n## `{topic}`\n"
        yield f"{event.__name__}, {_version(event)}. {_chinese(topic)}{_first(event)}\n"
        yield "| field | type |\n|---|---|"
        types = get_type_hints(event)
        for field in event.__struct_fields__:
            if field not in common:
                yield f"| `{field}` | {_type(types[field])} |"


def commands_page() -> Iterable[str]:
    """Write every command with its fields and who may send it."""
    yield "# Commands\n"
    yield "What the hub can be asked to do, chapter by chapter, and in which roles."
    chapter = ""
    for command, rule in RULES.items():
        if command.__module__.split(".")[1] != chapter:
            chapter = command.__module__.split(".")[1]
            yield f"\n## {chapter}"
        yield f"\n### {command.__name__}\n"
        yield f"{_first(command)} Sent by {_who(rule.permits)}.\n"
        yield "| field | type | |\n|---|---|---|"
        yield from _fields(command)


def _fields(command: type[Command]) -> Iterable[str]:
    for name, field in command.model_fields.items():
        needed = "must be given" if field.is_required() else ""
        yield f"| `{name}` | {_type(field.annotation)} | {needed} |"


def _who(permits: tuple[Permit, ...]) -> str:
    roles = dict.fromkeys(role.value for permit in permits for role in permit.roles)
    return ", ".join(role.replace("_", " ") for role in roles)


def refusals_page() -> Iterable[str]:
    """Write every kind of refusal."""
    yield "# Refusals\n"
    yield "How the hub says no. Each comes with a sentence in English and Chinese.\n"
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.Refusal):
            yield f"- **{name}**: {_first(kind)}"


def settings_page() -> Iterable[str]:
    """Write every setting with its name in the environment and its default."""
    yield "# Settings\n"
    yield "From the command line, else the environment, else the file named by `<NAME>_FILE`,"
    yield "else `hub.toml` here or in `/etc/hub/`, else the default.\n"
    yield "| `hub.toml` | environment | default | |\n|---|---|---|---|"
    for name, field in Settings.model_fields.items():
        # What follows from another setting says so in its words.
        plain = field.default_factory is None and field.default is not None
        default = f"`{field.default}`" if plain else ""
        yield f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def cli_page() -> Iterable[str]:
    """Write every verb of `hub` with its options."""
    yield "# The command `hub`\n"
    yield "Exit codes: 0 done, 1 the answer is no, 2 wrong use."
    yield from _verbs("hub", typer.main.get_command(build()))


def _verbs(name: str, command: Any) -> Iterable[str]:
    below = getattr(command, "commands", None)
    if below is not None:
        for verb, one in below.items():
            yield from _verbs(f"{name} {verb}", one)
        return
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    yield f"\n## `{' '.join([name, *(one.name.upper() for one in arguments)])}`\n"
    yield inspect.cleandoc(command.help or "")
    if options:
        yield "\n| option | |\n|---|---|"
    for option in options:
        yield f"| `{'`, `'.join(option.opts)}` | {option.help or ''} |"


def glossary_page() -> Iterable[str]:
    """Write every word in both languages."""
    yield "# Glossary 词汇\n"
    yield "| key | English | 中文 | means | source |\n|---|---|---|---|---|"
    for key, word in glossary().items():
        yield f"| `{key}` | {word.en} | {word.zh} | {word.means} | {word.source} |"


def _version(event: type[Event]) -> str:
    return f"version {event.SCHEMA_VERSION}"


def _chinese(key: str) -> str:
    word = glossary().get(key)
    return "" if word is None else f"{word.zh}。"


def _first(kind: type) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _type(kind: Any) -> str:
    """Return a type in words: limits and defaults are the OpenAPI document's concern."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(f"`{member.value}`" for member in kind)
    parts = [one for one in get_args(kind) if one not in (type(None), Ellipsis)]
    match get_origin(kind):
        case None:
            return f"`{WORDS.get(kind, getattr(kind, '__name__', str(kind)))}`"
        case origin if origin is Annotated:
            return _type(parts[0])
        case origin if origin is Literal:
            return "one of " + ", ".join(f"`{one}`" for one in parts)
        case origin if origin in (Union, UnionType):
            return " or ".join(_type(one) for one in parts)
        case origin if origin is dict:
            return f"{_type(parts[1])} by {_type(parts[0])}"
        case _:
            return f"list of {_type(parts[0])}"


def write(folder: Path = FOLDER) -> None:
    """Write the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write(f"wrote {FOLDER}\n")
