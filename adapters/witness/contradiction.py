"""When are two signed checkpoints a fork? When arithmetic alone shows that both cannot be true.

A proof that does not hold is no such thing: anybody can send a wrong proof with a true checkpoint.
It is one where it leads to the second root, but from another beginning than the first.
"""

from collections.abc import Sequence

from adapters.witness.evidence import Contradiction
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError, Read, check_consistency, consistency, node, root


def same_size(second: Checkpoint) -> Contradiction:
    """Return in what a checkpoint contradicts one of its own size and another root."""
    sentence = f"two trees of {second.size} leaves have different roots."
    return Contradiction(sentence, second.size, second.root)


def from_proof(
    old: int, old_root: bytes, new: Checkpoint, proof: Sequence[bytes]
) -> Contradiction | None:
    """Return the contradiction that a refused proof itself shows, None when it shows none.

    A proof from a size that is a power of two carries no beginning of its own, so it shows none.
    """
    beginning = _beginning(old, new.size, proof)
    if beginning is None or beginning == old_root:
        return None
    return _proven(old, beginning, new, proof)


def from_tree(
    old: int, old_root: bytes, new: Checkpoint, read: Read
) -> tuple[Contradiction | None, list[bytes]]:
    """Ask the log's own tree whether it continues the old one; return the proof if it does.

    Raises ProofError or what `read` raises where the tree is not that of the new checkpoint: then
    nothing is shown in either direction.
    """
    if root(new.size, read) != new.root:
        raise ProofError(
            f"the log's tiles do not lead to the root of its own checkpoint of {new.size} leaves"
        )
    proof = consistency(old, new.size, read)
    beginning = root(old, read)
    if beginning == old_root:
        return None, proof
    return _proven(old, beginning, new, proof), proof


def _proven(
    old: int, beginning: bytes, new: Checkpoint, proof: Sequence[bytes]
) -> Contradiction | None:
    try:
        check_consistency(old, beginning, new.size, new.root, proof)
    except ProofError:
        return None
    sentence = f"the tree of {new.size} leaves begins with another tree of {old} leaves."
    return Contradiction(sentence, old, beginning, tuple(proof))


def _beginning(old: int, new: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root of the first `old` leaves that a proof of consistency leads to."""
    if not 0 < old < new or old & (old - 1) == 0 or not proof:
        return None
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found = proof[0]
    for sibling in proof[1:]:
        if at & 1 or at == last:
            found = node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return found
