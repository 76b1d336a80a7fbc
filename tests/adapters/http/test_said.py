"""Every field of every event is shown under a title, and its value as a person reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

import hub.decide  # noqa: F401 - its chapters enter their events in the registry
from adapters.http.said import ENVELOPE, facts, said, title
from hub.catalog.content import Item
from hub.catalog.kinds import Grade, ItemType
from hub.codec import EVENTS
from hub.sharing.kinds import RequestStatus
from tests.hub.departments.city import org
from tests.hub.sharing.world import LIMITED
from tests.projections.sharing.test_sharing_ledger import granted

if TYPE_CHECKING:
    from collections.abc import Iterator


def _fields(kind: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        yield field.name
        for inner in _inside(field.type):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from _fields(inner)


def _inside(annotation: object) -> Iterator[object]:
    yield annotation
    for each in get_args(annotation):
        yield from _inside(each)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_field_of_every_event_has_a_title(language: str) -> None:
    own = (event for topic, event in EVENTS.items() if not topic.startswith("tests."))
    fields = {name for event in own for name in _fields(event)} - ENVELOPE
    assert {name for name in fields if title(name, language) == name} == set()  # type: ignore[arg-type] # one of two


def test_values_are_said_in_words() -> None:
    names = {org("tax"): "市税务局"}
    assert said(org("tax"), names, "zh") == f"市税务局 ({org('tax')})"
    assert said(RequestStatus.REVIEWING, {}, "en") == "Under review by the provider"
    assert said((True, date(2026, 3, 2)), {}, "zh") == "是；2026-03-02"
    assert said(datetime(2026, 3, 2, 2, tzinfo=UTC), {}, "en") == "2026-03-02 10:00:00"
    item = Item(name="姓名", data_type=ItemType.CHARACTER, grade=Grade.GENERAL)
    assert "姓名，数据类型：" in said(item, {}, "zh")


def test_an_event_says_what_it_fills_and_nothing_twice() -> None:
    event = next(each for each in granted().events if each.TOPIC == "sharing.request.drafted")
    told = {name: text for name, _, text in facts(event, {}, "zh")}
    assert told["entry_id"] == LIMITED
    assert "at" not in told
    assert "by" not in told
