"""The event that the benchmarks store: of the size and shape of a common event of the hub."""

from hashlib import sha256

import msgspec
from uuid_utils.compat import uuid7

from hub.record import NewEvent, Write

TOPIC = "sharing.request.submitted"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing request as it would be recorded, about 300 bytes with its Chinese text."""

    at: str = "2026-03-02T08:15:00.000000Z"
    by: str = "person:019a0c5e-2f14-7c3e-9a51-5b0e3c2f9d11"
    purpose: str = "为办理灵活就业人员参保登记，需核验申请人的居住证状态与有效期"
    resource_id: str = "convergence.resource:019a0c5e-2f14-7c3e-9a51-5b0e3c2f9d12"
    method: str = "query"
    days: int = 365


_ENCODER = msgspec.json.Encoder(order="sorted")


def sample_write(events: int = 1) -> Write:
    """Return a command's write: one new stream with so many events, encoded as the hub does."""
    number = uuid7()
    stream_id = f"sharing.request:{number}"
    new = tuple(
        NewEvent(stream_id, version, TOPIC, 1, _ENCODER.encode(Sample()))
        for version in range(1, events + 1)
    )
    return Write(str(number), sha256(new[0].state).digest(), new)
