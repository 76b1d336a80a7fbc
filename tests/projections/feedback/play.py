"""Let commands happen through the real rules and keep the events they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hub.kit import NOON
from tests.hub.kit import given as ruled

if TYPE_CHECKING:
    from datetime import datetime

    from hub.actor import Speaker
    from hub.command import Command
    from hub.event import Event


class Play:
    """Events so far; each `does` adds what one command makes."""

    def __init__(self, *events: Event) -> None:
        self.events: list[Event] = list(events)
        self._world = ruled(*events)

    def does(self, command: Command, by: Speaker, at: datetime = NOON) -> Play:
        made = self._world.when(command, by, at).events()
        self.events += made
        self._world = ruled(*self.events)
        return self
