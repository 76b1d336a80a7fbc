"""The verifier's own Ed25519: the RFC's vectors, the curve's edges, and what others sign."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.evidence import verifier

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
            "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
"""RFC 8032 section 7.1, tests 1 to 3: public key, message, signature."""


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(each) for each in (public, message, signature))
    assert verifier.verified(key, said, signed)
    assert not _holds(key, said + b"x", signed)
    greater = int.from_bytes(signed[32:], "little") + verifier.L
    assert not _holds(key, said, signed[:32] + greater.to_bytes(32, "little")), "S must be below L"
    for place in (0, 31, 32, 63):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert not _holds(key, said, bytes(changed))
    assert not _holds(key, said, signed[:-1])
    assert not _holds(key, said, signed + b"\0")


def _holds(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        return verifier.verified(public, message, signature)
    except ValueError:
        return False


def test_what_is_no_point_of_the_curve_is_refused() -> None:
    two = (2).to_bytes(32, "little")
    too_large = (verifier.P + 1).to_bytes(32, "little")
    minus_zero = (1 | 1 << 255).to_bytes(32, "little")
    for data in (two, too_large, minus_zero, b"", b"\1"):
        with pytest.raises(ValueError, match="not a point"):
            verifier.point(data)


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 511))
def test_signatures_hold_as_cryptography_says(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verifier.verified(public, message, signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not _holds(public, message, bytes(flipped))


def test_keys_are_read_as_the_hub_writes_them() -> None:
    text = "city+00000000+" + base64.b64encode(b"\1" + b"k" * 32).decode()
    with pytest.raises(ValueError, match="not a verifier key"):
        verifier.Key(text)
