"""What happens after signing: witnesses are asked, the day's stamp is fetched; nobody waits long.

The sealer runs in a thread and asks; the coroutines run on the event loop of the process. One
that did not answer in time last time is not waited for again until it has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

from hub.seal.note import Signature

AfterSigning = Callable[[bytes], Awaitable[Sequence[Signature]]]
"""Gets the signed note; returns further signatures for it (none, where it only looks on)."""
WAIT_SECONDS_MAX = 0.8
"""How long a checkpoint waits for cosignatures before it is published without them."""

Say = Callable[[str], None]


@dataclass
class _Asked:
    """One coroutine: what it is busy with, and whether it answered in time last time."""

    hook: AfterSigning
    prompt: bool = True
    note: bytes = b""
    answer: "Future[Sequence[Signature]] | None" = None


class Hooks:
    """Asks each coroutine about each checkpoint, one at a time; the latest one counts."""

    def __init__(
        self, hooks: Sequence[AfterSigning], loop: asyncio.AbstractEventLoop, say: Say
    ) -> None:
        """Keep the coroutines and the running loop they belong to."""
        self._asked = [_Asked(hook) for hook in hooks]
        self._loop = loop
        self._say = say

    def ask(self, note: bytes, seconds_max: float = WAIT_SECONDS_MAX) -> list[Signature]:
        """Tell everybody who is free of a new checkpoint; return what the prompt ones answer."""
        for each in self._asked:
            if each.answer is None:
                each.note = note
                each.answer = asyncio.run_coroutine_threadsafe(_call(each.hook, note), self._loop)
        wait([e.answer for e in self._asked if e.answer and e.prompt], timeout=seconds_max)
        found: list[Signature] = []
        for each in self._asked:
            if each.note == note and each.answer is not None:
                each.prompt = each.answer.done()
                found += self._taken(each)
        return found

    def late(self) -> list[tuple[bytes, list[Signature]]]:
        """Return what came too late for its checkpoint's publication: the note and more."""
        done = [each for each in self._asked if each.answer is not None and each.answer.done()]
        found = [(each.note, self._taken(each)) for each in done]
        return [(note, more) for note, more in found if more]

    def _taken(self, each: _Asked) -> list[Signature]:
        """Return an answer that is there and set the coroutine free."""
        if each.answer is None or not each.answer.done():
            return []
        answer, each.answer = each.answer, None
        try:
            return list(answer.result())
        except Exception as error:  # noqa: BLE001 - a witness's trouble must not stop the sealer
            self._say(f"after signing: {str(error) or type(error).__name__}")
            return []


async def _call(hook: AfterSigning, note: bytes) -> Sequence[Signature]:
    return await hook(note)
