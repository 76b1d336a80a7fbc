"""Cursors: the key of the last row looked at, sealed, for whoever carries it to the next page.

The last row looked at may be one its reader must not see; its key (a case, a day, a finding) is
nobody's business but ours. Sealed under AES-SIV: the same key gives the same cursor, and one that
no answer of this address contained is refused.
"""

import base64
import re
from hashlib import sha512
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adapters.http.problems import EdgeProblem

_CURSOR = re.compile(r"[A-Za-z0-9_-]{0,600}")


class Cursors:
    """Seals and opens the cursors of one hub; every process of it knows the same secret."""

    def __init__(self, secret: str) -> None:
        """Derive the key from what only the hub's processes know: how they reach the database."""
        self._sealing = AESSIV(sha512(b"shuqiao cursor " + secret.encode()).digest())

    def write(self, key: tuple[Any, ...], address: str) -> str:
        """Return the key of a row as text that fits into this address."""
        sealed = self._sealing.encrypt(msgspec.json.encode(key), [address.encode()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, cursor: str, address: str) -> list[Any]:
        """Return the values in a cursor, none for none; raises EdgeProblem for what is none."""
        if not cursor:
            return []
        if not _CURSOR.fullmatch(cursor):
            raise bad_cursor()
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            plain = self._sealing.decrypt(sealed, [address.encode()])
        except (ValueError, InvalidTag) as error:
            raise bad_cursor() from error
        return msgspec.json.decode(plain, type=list[Any])


def bad_cursor() -> EdgeProblem:
    """Return the problem of a cursor that no answer of ours contained."""
    return EdgeProblem(
        "malformed",
        "this cursor is not one of ours; begin again without",
        "游标无效，请从第一页重新查询",
        where="cursor",
    )
