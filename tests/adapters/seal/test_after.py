"""After signing: everybody is asked, nobody is waited for longer than the checkpoint can bear."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from adapters.seal.after import AfterSigning, Hooks
from adapters.seal.key import with_more
from hub.seal.note import Note, Signature

SAID: list[str] = []


def line(name: str) -> Signature:
    return Signature(name, b"1234", b"x" * 64)


@contextmanager
def asking(*hooks: AfterSigning) -> Iterator[Hooks]:
    """The hooks on an event loop of their own, as the sealer's thread asks them."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    SAID.clear()
    try:
        yield Hooks(hooks, loop, SAID.append)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def prompt(note: bytes) -> Sequence[Signature]:
    return [line(f"prompt/{note.decode()}")]


async def broken(note: bytes) -> Sequence[Signature]:
    raise ConnectionError("the audit office does not answer")


class Slow:
    """A witness that answers only when it is let go."""

    def __init__(self) -> None:
        self.go = Flag()
        self.asked: list[bytes] = []

    async def __call__(self, note: bytes) -> Sequence[Signature]:
        self.asked.append(note)
        await asyncio.to_thread(self.go.wait)
        return [line(f"slow/{note.decode()}")]


def names(found: Sequence[Signature]) -> list[str]:
    return [each.name for each in found]


def test_everybody_s_signatures_are_collected() -> None:
    with asking(prompt, prompt) as hooks:
        assert names(hooks.ask(b"1")) == ["prompt/1", "prompt/1"]


def test_one_that_fails_is_said_and_holds_up_nobody() -> None:
    with asking(broken, prompt) as hooks:
        assert names(hooks.ask(b"1")) == ["prompt/1"]
    assert SAID == ["after signing: the audit office does not answer"]


def test_who_is_late_is_taken_in_later_and_not_waited_for_again() -> None:
    slow = Slow()
    with asking(slow, prompt) as hooks:
        assert names(hooks.ask(b"1", seconds_max=0.05)) == ["prompt/1"]
        assert names(hooks.ask(b"2", seconds_max=60)) == ["prompt/2"]
        assert slow.asked == [b"1"]  # it is asked about one checkpoint at a time

        slow.go.set()
        late: list[tuple[bytes, list[Signature]]] = []
        while not late:
            late = hooks.late()
        assert [(note, names(more)) for note, more in late] == [(b"1", ["slow/1"])]
        assert names(hooks.ask(b"3", seconds_max=60))[-1] == "prompt/3"


def test_a_key_signs_a_checkpoint_once() -> None:
    note = Note("text\n", (line("city/log"),))

    again = with_more(note, [line("city/log"), line("audit"), line("audit")])

    assert names(again.signatures) == ["city/log", "audit"]
