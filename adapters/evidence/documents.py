"""documents.csv: every document whose SHA-256 the events mention, and where they mention it.

The verifier makes the same table from the events again and compares, so what stands here and how
is a promise: RFC 4180 with line feeds, in the order of events and of their JSON.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.record import Recorded

HEADING = b"sha256,position,field,file_name\n"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def lines_of(event: Recorded) -> Iterator[bytes]:
    """Yield a line for each digest an event mentions, with the file's name where it gives one.

    A salted commitment to a personal value (`personal:sha256:…`) is not a document's digest.
    """
    for text, place, name in _texts(msgspec.json.decode(event.state), ""):
        match = _DIGEST.fullmatch(text)
        if match:
            quoted = name.replace('"', '""')
            yield f'{match[1]},{event.position},{place},"{quoted}"\n'.encode()


def _texts(node: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield every text in a state, where it stands, and the name of a file beside it."""
    beside = node.get("file_name", "") if isinstance(node, dict) else ""
    parts = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in parts:
        if isinstance(value, str):
            yield value, f"{path}{key}", beside
        elif isinstance(value, dict | list):
            yield from _texts(value, f"{path}{key}.")
