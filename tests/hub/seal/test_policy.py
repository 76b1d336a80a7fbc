"""A witness policy says who counts, how many are enough, and refuses what is ambiguous."""

from __future__ import annotations

from itertools import combinations

import pytest

from adapters.keys import FileSigner, verify
from hub.seal.note import COSIGNATURE, ED25519, Note, NoteError, cosignature, cosignature_message
from hub.seal.policy import Policy

TEXT = "shuqiao/city\n1\nAAAA\n"
SIGNERS = {
    name: FileSigner(f"{name}.city", COSIGNATURE, bytes([number]) * 32)
    for number, name in enumerate(("audit", "civil", "tax", "people"), 1)
}
LOG = FileSigner("shuqiao/city", ED25519, b"\x09" * 32)
NAMED = "".join(f"witness {name} {each.key.text}\n" for name, each in SIGNERS.items())
POLICY = f"""# whose word counts
log {LOG.key.text}

{NAMED}group departments 2 civil tax people
group sides all audit departments
quorum sides
"""


def cosigned_by(names: tuple[str, ...], at: int = 1_700_000_000) -> Note:
    lines = [
        cosignature(SIGNERS[each].key, at, SIGNERS[each].sign(cosignature_message(TEXT, at)))
        for each in names
    ]
    return Note(TEXT, tuple(lines))


def test_a_checkpoint_is_witnessed_when_the_quorum_has_signed() -> None:
    policy = Policy.parse(POLICY)
    for count in range(len(SIGNERS) + 1):
        for names in combinations(SIGNERS, count):
            enough = "audit" in names and len(set(names) - {"audit"}) >= 2
            assert policy.witnessed(cosigned_by(names), verify) is enough, names


def test_the_policy_says_who_saw_it_and_when() -> None:
    policy = Policy.parse(POLICY)
    note = cosigned_by(("audit", "tax"), at=1_700_000_007)
    assert policy.seen_by(note, verify) == {"audit": 1_700_000_007, "tax": 1_700_000_007}


def test_one_witness_signing_twice_counts_once() -> None:
    policy = Policy.parse(f"{NAMED}group two 2 civil tax\nquorum two\n")
    once = cosigned_by(("civil",))
    assert not policy.witnessed(Note(TEXT, once.signatures * 2), verify)


def test_a_cosignature_of_another_checkpoint_counts_for_nothing() -> None:
    policy = Policy.parse(f"{NAMED}quorum audit\n")
    note = cosigned_by(("audit",))
    assert policy.witnessed(note, verify)
    assert not policy.witnessed(note._replace(text="shuqiao/city\n2\nAAAA\n"), verify)


def test_without_a_quorum_nobody_has_to_sign() -> None:
    policy = Policy.parse(f"log {LOG.key.text}\nquorum none\n")
    assert policy.witnessed(Note(TEXT), verify)
    assert not policy.needs_witnesses


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no line “quorum”"),
        ("quorum audit\n", "line 1 of the policy: audit is not named"),
        (f"{NAMED}quorum audit\nquorum tax\n", "line 6.*one line “quorum”"),
        (f"{NAMED}group none any audit\nquorum none\n", "the name none is taken"),
        (f"{NAMED}group tax any audit\nquorum tax\n", "the name tax is taken"),
        (f"{NAMED}group g 0 audit\nquorum g\n", "0 of 1"),
        (f"{NAMED}group g 3 audit tax\nquorum g\n", "3 of 2"),
        (f"{NAMED}group g ٢ audit tax\nquorum g\n", "٢ of 2"),
        (f"{NAMED}group g any\nquorum g\n", "is none of"),
        (f"{NAMED}group g any audit\ngroup h any audit\nquorum g\n", "counts once"),
        (f"{NAMED}group g any g\nquorum g\n", "g is not named|the name g"),
        (f"{NAMED}{NAMED}quorum none\n", "is taken"),
        (f"{NAMED}witness twin {SIGNERS['tax'].key.text}\nquorum none\n", "another witness's too"),
        (f"witness log {LOG.key.text}\nquorum none\n", "not one for cosignatures"),
        (f"log {SIGNERS['tax'].key.text}\nquorum none\n", "a witness's key"),
        (f"log {LOG.key.text}\nlog {LOG.key.text}\nquorum none\n", "stands there twice"),
        ("log rubbish\nquorum none\n", "line 1"),
        ("friend tax\nquorum none\n", "“friend” with 1 words"),
    ],
)
def test_a_policy_that_is_not_clear_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(NoteError, match=words):
        Policy.parse(text)
