"""How an event travels: CloudEvents 1.0 in structured JSON, on a subject a department can filter.

`id` is the position, `sequence` the same in fixed width so that text sorts as numbers, `hubleaf`
the event's leaf in the log (base64), so that a receiver can check it against a checkpoint. `data`
is the stored state, byte for byte.
"""

import base64

import orjson

from hub.codec import UnknownEventError, decode
from hub.record import Recorded, rfc3339

STREAM = "HUB_EVENTS"
SUBJECTS = "hub.events.>"
SOURCE = "urn:shuqiao:hub"
_SEQUENCE_DIGITS = 20
_TOKEN_BREAKERS = str.maketrans({".": "_", "*": "_", ">": "_", " ": "_"})


def subject_of(recorded: Recorded) -> str:
    """Return `hub.events.<department>.<topic>`; an event we cannot read goes out as `unknown`."""
    try:
        event = decode(recorded.topic, recorded.schema_version, recorded.state)
    except (UnknownEventError, ValueError):
        return f"hub.events.unknown.{recorded.topic}"
    return f"hub.events.{department_token(event.department_id)}.{recorded.topic}"


def department_token(org_id: str) -> str:
    """Return the subject token of an organisation: its key without the kind, no dots."""
    return org_id.partition(":")[2].translate(_TOKEN_BREAKERS) or "hub"


def cloud_event(recorded: Recorded) -> bytes:
    """Return the message body."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(recorded.position),
            "source": SOURCE,
            "type": recorded.topic,
            "subject": recorded.stream_id,
            "time": rfc3339(recorded.recorded_at),
            "datacontenttype": "application/json",
            "sequence": str(recorded.position).zfill(_SEQUENCE_DIGITS),
            "hubversion": recorded.version,
            "hubschema": recorded.schema_version,
            "hubleaf": base64.b64encode(recorded.leaf).decode(),
            "data": orjson.Fragment(recorded.state),
        }
    )
