"""Commands that the hub's own processes give, with ids that make a repetition harmless."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from hub import actor
from hub.command import Command
from hub.errors import Busy, Refusal
from hub.execute import Hub
from hub.record import Overloaded, RecordUnavailable

AT_ONCE = 64
"""Commands under way at the same time: the record stores them in a few commits."""

Say = Callable[[str], None]
Wish = tuple[str, Command, datetime]
"""A command with its id and the legal time it speaks of."""


def wish_id(words: str) -> str:
    """Return the command id that follows from what the wish is about."""
    return f"clock:{uuid5(NAMESPACE_URL, f'shuqiao {words}')}"


async def send(
    hub: Hub, wishes: Sequence[Wish], say: Say, *, expected: tuple[type[Refusal], ...] = ()
) -> set[str]:
    """Give the commands as the clock; return the ids of those that were answered.

    A refusal is an answer, and said unless it is of an `expected` kind. What the hub could not
    take just now is not answered: the next look finds the same wish.
    """

    async def one(wish: Wish) -> str | None:
        command_id, command, at = wish
        try:
            await hub.execute(command, actor.CLOCK, at, command_id=command_id)
        except (Busy, Overloaded, RecordUnavailable):
            return None
        except Refusal as refusal:
            if not isinstance(refusal, expected):
                say(f"{type(command).__name__} {command_id} was refused: {refusal}")
        except Exception as error:  # noqa: BLE001 - one broken case must not stop all others
            say(f"{type(command).__name__} {command_id} failed: {error!r}; look into it")
        return command_id

    answered: list[str | None] = []
    for some in _in_parts(wishes):
        answered += await asyncio.gather(*(one(wish) for wish in some))
    return {command_id for command_id in answered if command_id is not None}


def _in_parts(wishes: Sequence[Wish]) -> Iterable[Sequence[Wish]]:
    return (wishes[start : start + AT_ONCE] for start in range(0, len(wishes), AT_ONCE))
