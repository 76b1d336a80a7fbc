"""The life of a table, told by commands; its events then go into a real record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.convergence.commands import ActivateResource, TestResource
from tests.hub.convergence.world import (
    ADAPTER,
    CATALOGUER,
    SHARING_HEAD,
    START,
    TABLE,
    deliver,
    entry,
    found,
    mount,
)
from tests.hub.kit import given as having

if TYPE_CHECKING:
    from datetime import datetime

    from hub.actor import Speaker
    from hub.command import Command
    from hub.event import Event


class Life:
    """What happened to one table so far, in `events`."""

    def __init__(self, at: datetime = START) -> None:
        self.world = having(*entry())
        self.events: list[Event] = []
        self.do(mount(), CATALOGUER, at)
        self.do(TestResource(resource_id=TABLE, ok=True), ADAPTER, at)
        self.do(ActivateResource(resource_id=TABLE), SHARING_HEAD, at)

    def do(self, command: Command, by: Speaker, at: datetime) -> Life:
        """Let somebody do something; it must succeed."""
        made = self.world.when(command, by, at).events()
        self.world.when(command, by, at).then(*(type(event) for event in made))
        self.events += made
        return self

    def publish(self, at: datetime, period: str, letter: str = "a", **more: str) -> Life:
        """Let a batch be delivered, read and published."""
        return self.do(deliver(period, letter, found(letter=letter), **more), ADAPTER, at)
