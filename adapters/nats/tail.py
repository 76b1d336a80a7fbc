"""What the stream still has behind a position: the relay's copy read back as events."""

import asyncio
import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from adapters.nats.envelope import STREAM
from hub.record import Recorded, RecordUnavailable

CONNECT_SECONDS_MAX = 10.0
_AT_ONCE = 256
"""Messages asked for at once."""


class _Envelope(msgspec.Struct):
    """The parts of `envelope.cloud_event` an event is made of; `data` stays the stored bytes."""

    id: str
    type: str
    subject: str
    time: datetime
    hubversion: int
    hubschema: int
    hubleaf: str
    data: msgspec.Raw


def tail_of(nats_url: str, after: int) -> Iterator[Sequence[Recorded]]:
    """Yield the events the stream has behind a position, in order, some hundred at a time.

    Raises RecordUnavailable when NATS cannot be reached or a message is not an event of the relay.
    """
    with asyncio.Runner() as runner:
        try:
            client = runner.run(asyncio.wait_for(_connected(nats_url), CONNECT_SECONDS_MAX))
            try:
                stream = client.jetstream(timeout=10)
                last = runner.run(_last(stream))
                for first in range(after + 1, last + 1, _AT_ONCE):
                    upto = min(first + _AT_ONCE - 1, last)
                    yield runner.run(_some(stream, first, upto))
            finally:
                runner.run(client.close())
        except (NatsError, OSError, TimeoutError) as error:
            raise RecordUnavailable(
                f"the stream {STREAM} cannot be read ({str(error) or type(error).__name__}); "
                "nothing was changed"
            ) from error


async def _connected(nats_url: str) -> Client:
    return await nats.connect(
        nats_url,
        error_cb=_silent,
        connect_timeout=2,
        max_reconnect_attempts=1,
        reconnect_time_wait=0.2,
        name="hub restore",
    )


async def _silent(_error: Exception) -> None:
    """What goes wrong is said by whoever waits for the answer."""


async def _last(stream: JetStreamContext) -> int:
    try:
        return int((await stream.stream_info(STREAM)).state.last_seq)
    except NotFoundError:
        return 0


async def _some(stream: JetStreamContext, first: int, last: int) -> list[Recorded]:
    """Return the events of these positions; those the stream no longer keeps are left out."""
    found = await asyncio.gather(*(_one(stream, position) for position in range(first, last + 1)))
    return [event for event in found if event is not None]


async def _one(stream: JetStreamContext, position: int) -> Recorded | None:
    try:
        message = await stream.get_msg(STREAM, position)
    except NotFoundError:
        return None
    return event_of(message.data or b"", position)


def event_of(body: bytes, position: int) -> Recorded:
    """Return the event a message carries, its state byte for byte; the leaf is not checked here."""
    try:
        said = msgspec.json.decode(body, type=_Envelope)
        leaf = base64.b64decode(said.hubleaf, validate=True)
        number = int(said.id)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise RecordUnavailable(
            f"message {position} of the stream {STREAM} is not an event of the relay ({error})"
        ) from error
    return Recorded(
        number,
        said.subject,
        said.hubversion,
        said.type,
        said.hubschema,
        said.time,
        bytes(said.data),
        leaf,
    )
