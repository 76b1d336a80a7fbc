"""Where everything that can go wrong in a command becomes a sentence and an exit code."""

import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import typer

# 0 done, 1 the answer is no, 2 wrong use, 130 ended by Ctrl-C as shells count it.
NO, WRONG_USE, INTERRUPTED = 1, 2, 130

# Names, not classes: naming a class here would import its library for `hub --help`.
SENTENCES = {
    "AlreadyRunning": NO,
    "BadKey": NO,
    "BadPolicy": NO,
    "BrokenPast": NO,
    "CannotRebuild": NO,
    "CannotRestore": NO,
    "CannotSeal": NO,
    "MemoryProblem": NO,
    "MigrationProblem": NO,
    "MirrorDamaged": NO,
    "NotComparable": NO,
    "Nothing": NO,
    "Overloaded": NO,
    "RecordUnavailable": NO,
    "Refusal": NO,
    "SealerAtWork": NO,
    "StackProblem": NO,
    "StepRefused": NO,
    "Unrecordable": NO,
    "WrongUse": WRONG_USE,
}


class Nothing(Exception):
    """A sentence for someone who asked for what is not there."""


class WrongUse(Exception):
    """A sentence for someone who asked for something that cannot be asked."""


def told(command: Callable[[], object]) -> None:
    """Run a command; a known trouble is said as it is, an unknown one is kept in a file."""
    try:
        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last place before a traceback on the screen
        sentence, code = in_words(error)
        typer.echo(sentence, err=True)
        sys.exit(code)


def in_words(error: Exception) -> tuple[str, int]:
    """Return the sentence and the exit code for one trouble."""
    for kind in type(error).__mro__:
        if kind.__name__ in SENTENCES:
            return str(error), SENTENCES[kind.__name__]
        if kind.__module__.startswith("pydantic") and kind.__name__ == "ValidationError":
            return _settings_in_words(error), WRONG_USE
        if kind.__module__ == "psycopg" and kind.__name__ == "OperationalError":
            return f"PostgreSQL does not answer: {_first_line(error)}", NO
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}", NO
    return _unknown(error), NO


def _settings_in_words(error: Exception) -> str:
    """Say which setting is wrong and why; never its value, which may be a secret."""
    lines = [
        f"  {'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
        for one in error.errors()  # type: ignore[attr-defined] # pydantic's, by its name above
    ]
    title = getattr(error, "title", "input")
    what = "A setting is wrong" if title == "Settings" else f"{title} is wrong"
    return "\n".join([f"{what}:", *lines])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _unknown(error: Exception) -> str:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="hub-", suffix=".log", delete=False
    ) as log:
        traceback.print_exception(error, file=log)
    return (
        f"The hub met something it did not expect ({type(error).__name__}: "
        f"{_first_line(error)}). The details are in {Path(log.name)}; "
        "please send that file with your report."
    )
