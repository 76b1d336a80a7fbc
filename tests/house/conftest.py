"""House tests look at what is released, not at what other tests of this process registered."""

from __future__ import annotations

import pytest

from hub.codec import EVENTS


@pytest.fixture(autouse=True)
def released_events_only(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = [topic for topic, kind in EVENTS.items() if not kind.__module__.startswith("hub.")]
    for topic in strange:
        monkeypatch.delitem(EVENTS, topic)
