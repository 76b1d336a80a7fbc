"""Roots and proofs are those of RFC 6962, for every small tree and for many large ones."""

from __future__ import annotations

from hashlib import sha256 as hashed

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.seal import merkle
from hub.seal.merkle import Frontier, ProofError, check_consistency, check_inclusion
from tests.hub.seal.naive import entries, entry, mth, path, proof, reader

ALL = 70
"""Every size up to this one is tried: more than one full subtree of 64 leaves."""
LARGE = 3_000


def roots_of_known_answers() -> list[tuple[list[bytes], str]]:
    """Give the roots of RFC 6962's own test vectors, as Certificate Transparency publishes them."""
    leaves = [
        *(b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"),
        *(bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))),
    ]
    known = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    return [(leaves[:size], root) for size, root in enumerate(known)]


@pytest.mark.parametrize(("leaves", "root"), roots_of_known_answers())
def test_roots_are_those_of_certificate_transparencys_test_vectors(
    leaves: list[bytes], root: str
) -> None:
    frontier = Frontier()
    frontier.extend(merkle.leaf(each) for each in leaves)

    assert frontier.root().hex() == root
    assert merkle.root(len(leaves), reader(leaves)).hex() == root


def test_every_small_root_is_the_definitions() -> None:
    frontier = Frontier()
    for size in range(ALL + 1):
        d = entries(size)
        assert merkle.root(size, reader(d)) == mth(d)
        assert frontier.root() == mth(d)
        frontier.append(merkle.leaf(entry(size)))


def test_every_inclusion_proof_in_every_small_tree_is_the_definitions_and_holds() -> None:
    for size in range(1, ALL + 1):
        d = entries(size)
        for index in range(size):
            made = merkle.inclusion(index, size, reader(d))
            assert made == path(index, d)
            check_inclusion(merkle.leaf(d[index]), index, size, made, mth(d))


def test_every_consistency_proof_between_small_trees_is_the_definitions_and_holds() -> None:
    for new in range(1, ALL + 1):
        d = entries(new)
        for old in range(1, new + 1):
            made = merkle.consistency(old, new, reader(d))
            assert made == proof(old, d)
            check_consistency(old, mth(d[:old]), new, mth(d), made)


def test_an_empty_tree_is_continued_by_every_tree() -> None:
    empty = hashed(b"").digest()
    assert merkle.consistency(0, 5, reader(entries(5))) == []
    check_consistency(0, empty, 5, mth(entries(5)), [])
    with pytest.raises(ProofError, match="empty"):
        check_consistency(0, b"\x01" * 32, 5, mth(entries(5)), [])


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_proofs_in_large_trees_are_the_definitions(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGE))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    d = entries(size)

    assert merkle.inclusion(index, size, reader(d)) == path(index, d)
    assert merkle.consistency(old, size, reader(d)) == proof(old, d)
    check_inclusion(merkle.leaf(d[index]), index, size, path(index, d), mth(d))
    check_consistency(old, mth(d[:old]), size, mth(d), proof(old, d))


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_proof_with_anything_changed_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 200))
    index = data.draw(st.integers(0, size - 1))
    d = entries(size)
    leaf, root, steps = merkle.leaf(d[index]), mth(d), path(index, d)
    wrong = data.draw(
        st.sampled_from(["leaf", "index", "root", "step", "less", "more", "swap", "size"])
    )
    if wrong == "leaf":
        leaf = flipped(data, leaf)
    elif wrong == "root":
        root = flipped(data, root)
    elif wrong == "index":
        index = data.draw(st.integers(-1, size + 1).filter(lambda other: other != index))
    elif wrong == "step":
        at = data.draw(st.integers(0, len(steps) - 1))
        steps[at] = flipped(data, steps[at])
    elif wrong == "less":
        steps.pop(data.draw(st.integers(0, len(steps) - 1)))
    elif wrong == "more":
        steps.insert(
            data.draw(st.integers(0, len(steps))), data.draw(st.binary(min_size=32, max_size=32))
        )
    elif wrong == "swap" and len(steps) > 1:
        steps[0], steps[-1] = steps[-1], steps[0]
    else:
        # Of another size the path has another length, or joins the leaf elsewhere: not always,
        # so only a size whose own path differs is tried.
        size = data.draw(
            st.integers(1, 400).filter(lambda n: n <= index or path(index, entries(n)) != steps)
        )
        root = mth(entries(size))
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, steps, root)


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_tree_that_does_not_continue_the_old_one_is_found(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 200))
    old = data.draw(st.integers(1, new - 1))
    d = entries(new)
    before, after, steps = mth(d[:old]), mth(d), proof(old, d)
    changed = data.draw(st.integers(0, old - 1))
    rewritten = (*d[:changed], b"rewritten", *d[changed + 1 :])
    wrong = data.draw(st.sampled_from(["history", "proof", "before", "after", "less", "more"]))
    if wrong == "history":
        # Whoever rewrites history gives the best proof there is of his own tree.
        after, steps = mth(rewritten), proof(old, rewritten)
    elif wrong == "proof":
        at = data.draw(st.integers(0, len(steps) - 1))
        steps[at] = flipped(data, steps[at])
    elif wrong == "before":
        before = flipped(data, before)
    elif wrong == "after":
        after = flipped(data, after)
    elif wrong == "less":
        steps.pop(data.draw(st.integers(0, len(steps) - 1)))
    else:
        steps.append(data.draw(st.binary(min_size=32, max_size=32)))
    with pytest.raises(ProofError):
        check_consistency(old, before, new, after, steps)


def test_a_smaller_tree_continues_none_and_equal_sizes_have_equal_roots() -> None:
    a, b = mth(entries(5)), mth(entries(6))
    with pytest.raises(ProofError, match="5 leaves cannot continue one of 6"):
        check_consistency(6, b, 5, a, [])
    with pytest.raises(ProofError, match="two trees of 5 leaves"):
        check_consistency(5, a, 5, b, [])
    with pytest.raises(ProofError, match="too many"):
        check_consistency(5, a, 5, a, [b])


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    read = reader(entries(5))
    for index in (-1, 5, 6):
        with pytest.raises(ProofError, match=f"5 leaves has no leaf {index}"):
            merkle.inclusion(index, 5, read)
    with pytest.raises(ProofError, match="cannot continue one of 6"):
        merkle.consistency(6, 5, read)


@given(st.integers(0, LARGE), st.integers(0, 300))
@settings(deadline=None, max_examples=60)
def test_a_frontier_taken_up_again_goes_on_as_if_nothing_had_happened(size: int, more: int) -> None:
    d = entries(size + more)
    frontier = Frontier.at(size, reader(d))

    assert frontier.root() == mth(d[:size])
    frontier.extend(merkle.leaf(each) for each in d[size:])
    assert (frontier.size, frontier.root()) == (size + more, mth(d))


@given(st.lists(st.integers(0, 9), max_size=12))
@settings(deadline=None)
def test_whole_subtrees_may_be_added_where_they_fit(levels: list[int]) -> None:
    frontier, size = Frontier(), 0
    for level in levels:
        fits = size % (1 << level) == 0
        if not fits:
            with pytest.raises(ProofError, match=f"cannot begin at leaf {size}"):
                frontier.add_subtree(level, b"\0" * 32)
            continue
        frontier.add_subtree(level, mth(entries(size + (1 << level))[size:]))
        size += 1 << level
    assert (frontier.size, frontier.root()) == (size, mth(entries(size)))


def flipped(data: st.DataObject, given_hash: bytes) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(given_hash) - 1))
    changed = bytearray(given_hash)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
