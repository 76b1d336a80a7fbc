"""The event that the benchmarks store: a request as a department writes it down, a common one."""

from datetime import UTC, date, datetime
from hashlib import sha256

from uuid_utils.compat import uuid7

from hub.actor import Actor, Role, Via
from hub.catalog.kinds import ShareMethod
from hub.codec import encode
from hub.event import Basis
from hub.record import NewEvent, Write
from hub.sharing.events import RequestDrafted

_AT = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
_BY = Actor("departments.organization:civil-affairs", "person:li", Role.BUSINESS_USER, Via.API)
_BASIS = Basis("departments.legal_basis:state-council-809", "§20")


def sample_event(request_id: str) -> RequestDrafted:
    """Return one sharing request, some 600 bytes of JSON with its Chinese text."""
    return RequestDrafted(
        at=_AT,
        by=_BY,
        basis=_BASIS,
        request_id=request_id,
        entry_id="catalog.entry:019a0c5e-2f14-7c3e-9a51-5b0e3c2f9d11",
        requester_id="departments.organization:civil-affairs",
        provider_id="departments.organization:public-security",
        scenario="为办理灵活就业人员参保登记，需核验申请人的居住证状态与有效期",
        items=("permit_no", "status", "valid_until"),
        methods=(ShareMethod.INTERFACE,),
        period_from=date(2026, 4, 1),
        period_to=date(2027, 3, 31),
        system_id="departments.system:social-insurance",
    )


def sample_write(events: int = 1) -> Write:
    """Return a command's write: one new stream with so many events, encoded as the hub does."""
    number = uuid7()
    stream_id = f"sharing.request:{number}"
    new = tuple(
        NewEvent(stream_id, version, RequestDrafted.TOPIC, 1, encode(sample_event(stream_id)))
        for version in range(1, events + 1)
    )
    return Write(str(number), sha256(new[0].state).digest(), new)
