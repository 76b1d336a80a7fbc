"""Options that several verbs share, and the one way to print an answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the hub [default: $HUB_HOME, else ./.shuqiao]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def note(words: str) -> None:
    """Tell the person at the terminal what happens; stdout stays for the answer."""
    typer.echo(words, err=True)


def answer(facts: Any, *, as_json: bool, in_words: Callable[[], None]) -> None:
    """Print the answer: as JSON for programs, else as `in_words` puts it."""
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2, default=str))
    else:
        in_words()
