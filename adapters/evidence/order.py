"""What is asked for and what came of it: the choice, who takes the bundle, and the figures."""

from pathlib import Path

import msgspec

from adapters.evidence.selection import Selection, Within
from adapters.seal.store import LogFiles


class Taker(msgspec.Struct, frozen=True):
    """Who takes a bundle: the operator at the command line, or an auditor in an engagement.

    When he took it does not stand in the bundle, which would differ each time: an auditor's
    export is an event of its own, found by the SHA-256 of the bundle.
    """

    person_id: str = ""
    org_id: str = ""
    audit_id: str = ""
    notice_number: str = ""


class Order(msgspec.Struct, frozen=True):
    """The events wanted, for whom, and which of them he may read (all, for the operator)."""

    selection: Selection
    taker: Taker = Taker()
    within: Within | None = None
    events_max: int | None = None


class Sources(msgspec.Struct, frozen=True):
    """Where the log lies, whose cosignatures count, and the certificates of the time stamps."""

    files: LogFiles
    policy: Path
    tsa_certificate: Path | None = None


class Made(msgspec.Struct, frozen=True):
    """The figures of a bundle that was made."""

    events: int
    size: int
    witnessed: bool
    stamped: bool
    unsealed: int
    outside_scope: int
    manifest_sha256: str
    log_key: str
