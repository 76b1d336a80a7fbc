import subprocess
import sys
from pathlib import Path

import pytest

from adapters.cli.trouble import in_words, told
from adapters.stack.problem import StackProblem
from hub.errors import NotFound
from hub.record import Overloaded, RecordUnavailable, Unrecordable


def test_help_loads_none_of_the_heavy_libraries() -> None:
    program = """
import sys
from adapters.cli import build
build()
heavy = ("eventsourcing", "fastapi", "msgspec", "nats", "polars", "psycopg", "pydantic", "rich")
print(*(name for name in heavy if name in sys.modules))
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert answer.stdout.split() == []


def test_a_known_trouble_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise StackProblem("The disk is full. Free some space.")

    with pytest.raises(SystemExit) as end:
        told(command)

    assert end.value.code == 1
    assert capsys.readouterr().err == "The disk is full. Free some space.\n"


@pytest.mark.parametrize(
    "trouble",
    [
        Overloaded(retry_after=7),
        RecordUnavailable("PostgreSQL is shutting down; send the command again."),
        Unrecordable("one event has 2 MB; the record takes 1 MB."),
        NotFound("there is no such entry; check the id", "不存在此条目，请核对标识"),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
def test_what_the_record_or_the_hub_says_is_said_as_it_is(trouble: Exception) -> None:
    assert in_words(trouble) == (str(trouble), 1)


def test_an_unknown_trouble_names_the_file_with_its_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command() -> None:
        raise LookupError("nobody thought of this")

    with pytest.raises(SystemExit) as end:
        told(command)

    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.startswith("The hub met something it did not expect (LookupError: nobody")
    assert "Traceback" not in said
    log = Path(said.split(" are in ")[1].split(";")[0])
    assert "raise LookupError" in log.read_text()
    log.unlink()


def test_ctrl_c_ends_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as end:
        told(command)

    assert end.value.code == 130
    assert capsys.readouterr().err == ""
