"""RFC 6962 §2.1 as it is written there: the definitions, over lists held in memory.

Written for reading beside the standard, not for speed; nothing here comes from `hub.seal`.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Leaves = tuple[bytes, ...]


def entry(index: int) -> bytes:
    return f"entry {index}".encode()


@cache
def entries(size: int) -> Leaves:
    return tuple(entry(index) for index in range(size))


def split(n: int) -> int:
    """Return k, the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@cache
def mth(d: Leaves) -> bytes:
    """Return the Merkle Tree Hash MTH(D[n])."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Leaves) -> list[bytes]:
    """Return the audit path PATH(m, D[n])."""
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Leaves) -> list[bytes]:
    """Return the consistency proof PROOF(m, D[n])."""
    return subproof(m, d, whole=True)


def subproof(m: int, d: Leaves, *, whole: bool) -> list[bytes]:
    if m == len(d):
        return [] if whole else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], whole=whole), mth(d[k:])]
    return [*subproof(m - k, d[k:], whole=False), mth(d[:k])]


def reader(d: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """Return the hashes of complete subtrees of D, as `hub.seal.merkle.Read` wants them."""

    def read(level: int, index: int) -> bytes:
        first, last = index << level, (index + 1) << level
        assert last <= len(d), "asked for a subtree that is not complete"
        return mth(tuple(d[first:last]))

    return read
