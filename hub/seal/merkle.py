"""The Merkle tree of RFC 6962 (RFC 9162 §2.1): roots, proofs, and checking them.

A tree is never held in memory. Who asks for a root or a proof hands in `read`, which knows the
hashes of complete subtrees: (level, index) is the subtree over the leaves index * 2**level up to
(index + 1) * 2**level. Checking needs no tree at all.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256 as _sha256

Digest = Callable[[bytes], bytes]
"""A hash of 32 bytes: SHA-256, or SM3 on the national track."""
Read = Callable[[int, int], bytes]
"""The hash of a complete subtree, by level and index."""

HASH_BYTES = 32
_LEAF, _NODE = b"\x00", b"\x01"


class ProofError(ValueError):
    """A proof does not hold; the sentence says in what."""


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return _sha256(data).digest()


def leaf(entry: bytes, digest: Digest = sha256) -> bytes:
    """Return the hash of a leaf: of 0x00 and the entry."""
    return digest(_LEAF + entry)


def node(left: bytes, right: bytes, digest: Digest = sha256) -> bytes:
    """Return the hash of two neighbouring subtrees: of 0x01 and both hashes."""
    return digest(_NODE + left + right)


def root(size: int, read: Read, digest: Digest = sha256) -> bytes:
    """Return the root of the first `size` leaves; of none it is the hash of nothing."""
    return _range(0, size, read, digest) if size else digest(b"")


def inclusion(index: int, size: int, read: Read, digest: Digest = sha256) -> list[bytes]:
    """Return the path from a leaf to the root of `size` leaves, nearest sibling first.

    Raises ProofError when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(middle, end, read, digest))
            end = middle
        else:
            path.append(_range(start, middle, read, digest))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, read: Read, digest: Digest = sha256) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are the tree they were.

    Empty for an empty old tree and for equal sizes. Raises ProofError when old is the larger.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} leaves cannot continue one of {old}")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    start, end, known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range(middle, end, read, digest))
            end = middle
        else:
            path.append(_range(start, middle, read, digest))
            start, known = middle, False
    if not known:
        path.append(_range(start, end, read, digest))
    return path[::-1]


def check_inclusion(
    leaf_hash: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    root_hash: bytes,
    digest: Digest = sha256,
) -> None:
    """Raise ProofError unless the leaf stands at `index` of the tree with this size and root."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    at, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError(f"the path of leaf {index} has too many steps")
        if at & 1 or at == last:
            found = node(sibling, found, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, sibling, digest)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError(f"the path of leaf {index} has too few steps")
    if found != root_hash:
        raise ProofError(f"leaf {index} does not lead to the root of the tree of {size} leaves")


def check_consistency(
    old: int,
    old_root: bytes,
    new: int,
    new_root: bytes,
    proof: Sequence[bytes],
    digest: Digest = sha256,
) -> None:
    """Raise ProofError unless the new tree begins with the old one."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} leaves cannot continue one of {old}")
    if old in {0, new}:
        _check_trivial(old, old_root, new_root, proof, new, digest)
        return
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    steps = list(proof)
    if at and not steps:
        raise ProofError("the proof of consistency has too few steps")
    before = after = steps.pop(0) if at else old_root
    for sibling in steps:
        if last == 0:
            raise ProofError("the proof of consistency has too many steps")
        if at & 1 or at == last:
            before, after = node(sibling, before, digest), node(sibling, after, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, sibling, digest)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the proof of consistency has too few steps")
    if before != old_root:
        raise ProofError(f"the proof does not lead to the old root of {old} leaves")
    if after != new_root:
        raise ProofError(f"the proof does not lead to the new root of {new} leaves")


class Frontier:
    """The right edge of a growing tree: as many hashes as its size has bits, never the tree."""

    def __init__(self, digest: Digest = sha256) -> None:
        """Begin with an empty tree."""
        self._digest = digest
        self._peaks: list[tuple[int, bytes]] = []  # (level, hash), largest first
        self.size = 0

    @classmethod
    def at(cls, size: int, read: Read, digest: Digest = sha256) -> "Frontier":
        """Take up a tree of this size from the hashes of its complete subtrees."""
        frontier = cls(digest)
        frontier.size = size
        start = 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                frontier._peaks.append((level, read(level, start >> level)))
                start += 1 << level
        return frontier

    def append(self, leaf_hash: bytes) -> None:
        """Add the next leaf."""
        level, found = 0, leaf_hash
        while self._peaks and self._peaks[-1][0] == level:
            found = node(self._peaks.pop()[1], found, self._digest)
            level += 1
        self._peaks.append((level, found))
        self.size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves in order."""
        for each in leaf_hashes:
            self.append(each)

    def add_subtree(self, level: int, subtree: bytes) -> None:
        """Add 2**level leaves at once by the hash over them; the size must be a multiple of that.

        Raises ProofError where such a subtree cannot stand.
        """
        if self.size & ((1 << level) - 1):
            raise ProofError(f"a subtree of {1 << level} leaves cannot begin at leaf {self.size}")
        self.size += 1 << level
        found = subtree
        while self._peaks and self._peaks[-1][0] == level:
            found = node(self._peaks.pop()[1], found, self._digest)
            level += 1
        self._peaks.append((level, found))

    def root(self) -> bytes:
        """Return the root of what was added so far."""
        if not self._peaks:
            return self._digest(b"")
        found = self._peaks[-1][1]
        for _, peak in self._peaks[-2::-1]:
            found = node(peak, found, self._digest)
        return found


def _check_trivial(
    old: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes], new: int, digest: Digest
) -> None:
    if proof:
        raise ProofError("the proof of consistency has too many steps")
    if old == new and old_root != new_root:
        raise ProofError(f"two trees of {old} leaves have different roots")
    if old == 0 and old_root != digest(b""):
        raise ProofError("the old root is not that of an empty tree")


def _split(size: int) -> int:
    """Return the largest power of two smaller than a size of at least two."""
    return 1 << (size - 1).bit_length() - 1


def _range(start: int, end: int, read: Read, digest: Digest) -> bytes:
    """Return the hash over leaves start … end - 1, where start is a multiple of what is split."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(size)
    return node(_range(start, middle, read, digest), _range(middle, end, read, digest), digest)
