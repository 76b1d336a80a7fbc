"""What every event has in common: when, by whom, on what basis, in which case (DOMAIN §3.1)."""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from hub.actor import Actor


class Basis(msgspec.Struct, frozen=True, omit_defaults=True):
    """The article on which somebody acts: an id of the legal-basis register and the article."""

    legal_basis_id: str
    article: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact with legal weight, immutable once recorded.

    A concrete event names its permanent `TOPIC` (`chapter.noun.participle`) and inherits from a
    base of its noun that names in `STREAM` the field holding the stream id. `at` is the legal
    time (UTC, may be earlier than the record's own time). Defaults are not stored, so that an
    optional field added later leaves the bytes of older events as they were.
    """

    TOPIC: ClassVar[str]
    STREAM: ClassVar[str]
    SCHEMA_VERSION: ClassVar[int] = 1
    STOPS: ClassVar[tuple[str, ...]] = ()
    """The duties whose clock this event stops (`hub.departments.due.Duty`)."""
    LAPSES: ClassVar[str] = ""
    """The duty whose lapse this event records."""

    at: datetime
    by: Actor
    basis: Basis | None = None
    correlation_id: str = ""
    causation_id: str = ""

    @property
    def stream_id(self) -> str:
        """Return the id of the stream this event belongs to, e.g. `catalog.entry:…`."""
        stream_id: str = getattr(self, self.STREAM)
        return stream_id

    @property
    def case_id(self) -> str:
        """Return the case this event belongs to: its own stream unless a decision said more."""
        return self.correlation_id or self.stream_id

    @property
    def clock_id(self) -> str:
        """Return whose clock the event starts, stops or lets lapse: its own stream's."""
        return self.stream_id

    @property
    def department_id(self) -> str:
        """Return the department the event concerns: the provider where one is named."""
        about: Any = getattr(self, "provider_id", "") or getattr(self, "org_id", "")
        return str(about or self.by.org_id)
