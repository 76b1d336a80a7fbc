"""Numbers and days of a command stay inside what the record, the views and a calendar can hold.

A number beyond 64 bits stopped a projection for the whole city; 31 December 9999 has no end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.decide import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.command import Command

NUMBER_MAX = 2**53 - 1


def _parts(schema: Any, kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == kind:
            yield schema
        for value in schema.values():
            yield from _parts(value, kind)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _parts(value, kind)


@pytest.mark.parametrize("command", RULES, ids=lambda command: command.__name__)
def test_every_number_of_a_command_has_a_greatest_value(command: type[Command]) -> None:
    for part in _parts(command.__pydantic_core_schema__, "int"):
        assert part.get("le", NUMBER_MAX + 1) <= NUMBER_MAX, part


@pytest.mark.parametrize("command", RULES, ids=lambda command: command.__name__)
def test_every_day_of_a_command_lies_in_a_calendar(command: type[Command]) -> None:
    for part in _parts(command.__pydantic_core_schema__, "date"):
        assert part.get("ge"), part
        assert part.get("le"), part
