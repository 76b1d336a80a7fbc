"""Events have permanent names of one shape, and the registry knows them all."""

import re

from hub.codec import EVENTS
from hub.command import Command
from hub.decide import RULES
from hub.event import Event
from tests.house.walk import concrete, kinds_of

TOPIC = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+")


def test_every_concrete_event_has_one_topic_of_its_own() -> None:
    nameless = [one.__qualname__ for one in concrete(Event) if "TOPIC" not in one.__dict__]
    topics = [str(one.__dict__.get("TOPIC")) for one in concrete(Event)]

    assert nameless == []
    assert sorted({topic for topic in topics if topics.count(topic) > 1}) == []


def test_no_base_of_events_has_a_topic_to_inherit() -> None:
    bases = [one for one in kinds_of(Event) if one.__subclasses__()]

    assert [one.__qualname__ for one in bases if "TOPIC" in one.__dict__] == []


def test_the_registry_knows_every_concrete_event_and_no_other() -> None:
    assert {one.__qualname__ for one in concrete(Event)} == {
        one.__qualname__ for one in EVENTS.values()
    }


def test_a_topic_is_chapter_noun_participle() -> None:
    wrong = [
        one.TOPIC
        for one in concrete(Event)
        if not TOPIC.fullmatch(one.TOPIC) or one.TOPIC.split(".")[0] != one.__module__.split(".")[1]
    ]

    assert wrong == []


def test_every_event_names_the_field_that_holds_its_stream() -> None:
    wrong = [one.__qualname__ for one in concrete(Event) if one.STREAM not in one.__struct_fields__]

    assert wrong == []


def test_every_command_is_answered_by_a_rule_and_every_rule_answers_one() -> None:
    assert {one.__qualname__ for one in concrete(Command)} == {one.__qualname__ for one in RULES}


def test_events_and_commands_say_what_they_are() -> None:
    silent = [
        one.__qualname__ for one in [*concrete(Event), *concrete(Command)] if not own_words(one)
    ]

    assert silent == []


def own_words(one: type) -> str:
    return one.__dict__.get("__doc__") or ""
