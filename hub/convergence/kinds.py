"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class ResourceStatus(StrEnum):
    """Where a resource stands (DOMAIN §3.3)."""

    MOUNTED = "mounted"
    TESTED = "tested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDING = "ending"
    ENDED = "ended"


class BatchStatus(StrEnum):
    """Where a batch stands (DOMAIN §3.3)."""

    DELIVERED = "delivered"
    RECEIVED = "received"
    CHECKED = "checked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LIVE = "live"


class CheckRule(StrEnum):
    """What a delivered file is checked for."""

    DIGEST = "digest"
    BYTES = "bytes"
    ENCODING = "encoding"
    ROWS = "rows"
    HEADER = "header"
    TYPE = "type"
    LENGTH = "length"
    REQUIRED = "required"
    KEY = "key"
