"""History does not change: every event ever released still loads, byte for byte."""

import re

import pytest

from hub.codec import EVENTS, decode, encode
from tests.house.fossils import FOLDER, path_of
from tests.house.walk import load_hub

load_hub()
NAME = re.compile(r"(?P<topic>[a-z_.]+)\.v(?P<version>\d+)\.json")
FOSSILS = sorted(path.name for path in FOLDER.glob("*"))


def test_every_version_of_every_event_has_a_fossil() -> None:
    missing = [path_of(event).name for event in EVENTS.values() if not path_of(event).exists()]

    assert missing == [], "run `make fossils` and commit what it writes"


@pytest.mark.parametrize("name", FOSSILS)
def test_a_fossil_loads_and_a_current_one_is_written_byte_for_byte(name: str) -> None:
    match = NAME.fullmatch(name)
    assert match is not None, f"{name} is not TOPIC.vN.json"
    topic, version = match["topic"], int(match["version"])
    stored = (FOLDER / name).read_bytes()

    event = decode(topic, version, stored)

    if version == EVENTS[topic].SCHEMA_VERSION:
        assert encode(event) == stored
    assert decode(topic, EVENTS[topic].SCHEMA_VERSION, encode(event)) == event
