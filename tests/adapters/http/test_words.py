"""Everything the edge says has its words: columns, wrong fields, problems, in both languages."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from pydantic import ValidationError

from adapters.http.app import create_app
from adapters.http.language import language_of
from adapters.http.posting import posted
from adapters.http.problems import CODES, EdgeProblem, answer_to
from adapters.http.table import cell, table, title
from adapters.http.validation import CHINESE, GENERAL, faults_of
from adapters.identity.words import TooManyTries
from adapters.settings import Settings
from hub.errors import Busy, Refusal
from hub.record import Overloaded

if TYPE_CHECKING:
    from hub.command import Command

WRONG: tuple[Any, ...] = ({}, [], "text", 7, None, True, 1.5, "\x00", "x" * 5_000, [{}])


def test_every_column_of_every_list_has_a_title_of_its_own() -> None:
    document = create_app(Settings()).openapi()
    columns = set()
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation["responses"].get("200", {}).get("content", {})
            if "text/csv" in content:
                items = content["application/json"]["schema"]["properties"]["items"]["items"]
                row = items["$ref"].rpartition("/")[2]
                columns |= set(document["components"]["schemas"][row]["properties"])
    nameless = {name for name in columns if title(name, "zh") == name}
    assert nameless == set()


@pytest.mark.parametrize("command", [c for _, c in posted()], ids=lambda c: c.__name__)
def test_a_wrong_field_is_explained_in_chinese(command: type[Command]) -> None:
    for wrong in WRONG:
        body = dict.fromkeys(command.model_fields, wrong)
        errors: list[Any] = []
        try:
            command.model_validate(body)
        except ValidationError as error:
            errors = list(error.errors(include_url=False))
        for fault in faults_of(errors, "zh"):
            own = fault.code in CHINESE and GENERAL not in fault.detail
            assert own or fault.code == "value_error", fault
            assert any(ord(letter) > 0x2E80 for letter in fault.detail), fault


@pytest.mark.parametrize("kind", CODES)
def test_every_refusal_is_a_problem_in_both_languages(kind: type[Exception]) -> None:
    error: Exception
    if issubclass(kind, Busy | TooManyTries):
        error = kind("wait", "请稍候", retry_after=7)
    elif kind is Overloaded:
        error = Overloaded(retry_after=7)
    elif issubclass(kind, Refusal):
        error = kind("no", "不行", where="here")
    else:
        error = kind("no")
    for language in ("en", "zh"):
        answer = answer_to(error, language, "/x", "r")
        document = msgspec.json.decode(answer.body)
        assert document["status"] == answer.status != 500
        assert document["detail"] == document["details"][language]
        assert any(ord(letter) > 0x2E80 for letter in document["details"]["zh"])
        assert (answer.status in {429, 503}) == ("retry-after" in answer.headers)


def test_what_is_not_known_is_our_own_mistake() -> None:
    assert answer_to(ZeroDivisionError("secret"), "en", "/x", "r").status == 500
    assert b"secret" not in answer_to(ZeroDivisionError("secret"), "en", "/x", "r").body
    assert answer_to(EdgeProblem("malformed", "a", "b"), "en", "/x", "r").status == 400


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("*", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,zh;q=0.5", "en"),
        ("fr, en;q=0.3", "en"),
        ("en;q=0", "zh"),
        ("en;q=nonsense", "zh"),
    ],
)
def test_the_language_is_the_one_preferred(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


class Colour(StrEnum):
    RED = "red"


class Line(msgspec.Struct):
    title: str
    rows: int
    items: tuple[str, ...]
    at: datetime
    due_on: date | None
    grade: Colour
    ok: bool


def test_a_table_is_plain_text_a_sheet_will_not_execute() -> None:
    line = Line(
        '@SUM("A1")',
        -5,
        ("=a", "b"),
        datetime(2026, 3, 2, 16, 0, tzinfo=UTC),
        None,
        Colour.RED,
        ok=True,
    )
    header, values = list(csv.reader(io.StringIO(table([line], Line, "zh", bom=False).decode())))
    assert header[:2] == ["标题", "行数"]
    assert values == [
        '\'@SUM("A1")',
        "-5",
        "'=a; b",
        "2026-03-03T00:00:00+08:00",
        "",
        "red",
        "true",
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"
