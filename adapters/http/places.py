"""Where a thing of the record can be read: its stream id is its name in the address too."""

from urllib.parse import quote

from hub.state import kind_of

PLACES: dict[str, str] = {}
"""Stream id prefix -> the address of the list it stands in; filled where the route is written."""


def place_of(stream_id: str) -> str:
    """Return the address of one thing, or nothing where it cannot be read by itself."""
    address = PLACES.get(kind_of(stream_id))
    return f"{address}/{quote(stream_id, safe=':~')}" if address else ""
