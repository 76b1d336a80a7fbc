"""One word per thing, in two languages; everything a person reads has one."""

import re
from collections import Counter

from hub.command import Command
from hub.event import Event
from hub.term import glossary
from tests.house.walk import ROOT, concrete, enums, load_hub, snake, sources

load_hub()
TOPICS = {one.TOPIC for one in concrete(Event)}
NOUNS = {topic.rpartition(".")[0] for topic in TOPICS}
# `hub.permit.Scope` says how far a permit reaches; nobody reads it but the code.
MEMBERS = {
    f"{snake(kind.__name__)}.{member.value}"
    for kind in enums()
    if kind.__module__ != "hub.permit"
    for member in kind
}
COMMANDS = {f"command.{one.__name__}" for one in concrete(Command)}


def family(key: str) -> str:
    """Where a key's word must be the only one: all topics, all nouns, one enum, …"""
    if key in TOPICS:
        return "topic"
    if key in NOUNS:
        return "noun"
    return key.rpartition(".")[0]


def test_every_topic_and_its_noun_has_a_term() -> None:
    assert sorted((TOPICS | NOUNS) - set(glossary())) == []


def test_every_member_of_an_enum_has_a_term() -> None:
    assert sorted(MEMBERS - set(glossary())) == []


def test_nothing_is_blank() -> None:
    blank = [
        key
        for key, term in glossary().items()
        if not all(part.strip() for part in (term.en, term.zh, term.means, term.source))
    ]

    assert blank == []


def test_no_two_things_of_one_kind_share_a_word() -> None:
    for language in ("en", "zh"):
        words = Counter((family(key), getattr(term, language)) for key, term in glossary().items())
        assert [word for word, times in words.items() if times > 1] == [], language


def test_every_term_has_its_chinese_in_chinese() -> None:
    assert [key for key, term in glossary().items() if not re.search("[一-鿿]", term.zh)] == []


def test_no_term_is_unused() -> None:
    known = TOPICS | NOUNS | MEMBERS | COMMANDS
    files = [*sources("hub", "projections", "adapters"), *(ROOT / "adapters").rglob("*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    unused = [
        key
        for key in glossary()
        if key not in known
        and f'"{key}"' not in text
        # A key put together where it is shown: term(f"column.{name}", language).
        and f'f"{key.split(".")[0]}.{{' not in text
    ]

    assert unused == []
