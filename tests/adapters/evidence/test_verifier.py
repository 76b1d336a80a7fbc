"""The verifier finds what is false, says what it is, and never shows a traceback."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.evidence import verifier
from adapters.evidence.bundle import pem_of
from adapters.evidence.packing import Packing
from adapters.keys import FileSigner
from hub.seal import note as notes
from hub.seal.note import Note, Signature
from tests.adapters.evidence.making import (
    OTHER,
    WHOLE,
    consistent,
    members,
    packed,
    run,
    unpacked,
)
from tests.hub.sharing.world import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.evidence.making import Court

Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Verify some bytes; return the exit code and what was said."""

    def verify(data: bytes, *words: str) -> tuple[int, str]:
        path = tmp_path / "tried.zip"
        path.write_bytes(data)
        capsys.readouterr()
        code = verifier.main([str(path), *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out

    return verify


def test_a_byte_changed_in_any_file_is_found_and_the_file_named(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    assert verify(packed(files))[0] == 0
    for name, data in files.items():
        for place in {0, len(data) - 1}:
            changed = bytearray(data)
            changed[place] ^= 1
            code, said = verify(packed({**files, name: bytes(changed)}))
            assert code == 1, (name, place)
            assert name in said or name == "SHA256SUMS", (name, place, said)


def test_a_byte_changed_in_the_zip_itself_is_found(
    court: Court, verify: Verify, tmp_path: Path
) -> None:
    data, _ = court.take()
    for place in range(0, len(data), 1_499):
        changed = bytearray(data)
        changed[place] ^= 0x20
        code, _ = verify(bytes(changed))
        same = _unzipped(bytes(changed)) == members(data)
        assert code == 1 or same, f"byte {place} changes a file and is not found"
    for longer in (data + b"x", b"x" + data):
        assert verify(longer)[0] == 1
    for length in (0, 1, 21, 1_000, len(data) // 2, len(data) - 1):
        assert verify(data[:length])[0] == 1


def _unzipped(data: bytes) -> dict[str, bytes] | None:
    try:
        return members(data)
    except Exception:  # noqa: BLE001 - then it is surely not the same
        return None


def test_missing_added_and_doubled_files_are_named(
    court: Court, verify: Verify, tmp_path: Path
) -> None:
    data, _ = court.take()
    files = members(data)
    for name in files:
        code, said = verify(packed({one: files[one] for one in files if one != name}))
        assert code == 1
        assert name in said, said
    code, said = verify(packed({**files, "events/9.json": b"{}"}))
    assert (code, "多出 added: events/9.json" in said) == (1, True)
    code, said = verify(consistent({**files, "events/9.json": b"{}"}))
    assert (code, "of no event in manifest.json: events/9.json" in said) == (1, True)
    code, said = verify(consistent({**files, "../evil.sh": b"rm"}))
    assert (code, "../evil.sh" in said) == (1, True)
    code, said = verify(_twice(files, "entries/61"))
    assert (code, "同一名称出现两次" in said) == (1, True)
    folder = unpacked(data, tmp_path / "folder")
    (folder / "events" / "link").symlink_to("/etc/passwd")
    assert "events/link" in run(folder / "verify.py", folder).stdout


def _twice(files: dict[str, bytes], name: str) -> bytes:
    out = io.BytesIO()
    packing = Packing(out)
    for each, data in [*files.items(), (name, files[name])]:
        packing.add(each, data)
    packing.close()
    return out.getvalue()


def test_an_event_taken_out_is_found_though_all_digests_were_made_anew(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    for position in (61, 63, 64, 65):
        code, said = verify(consistent(*_without(files, position)))
        assert code == 1
        assert f"缺少事件 events are missing: {REQUEST}" in said
    # What the cover says is not proven: whether the matter went on after the last event.
    assert verify(consistent(*_without(files, 66)))[0] == 0
    whole = members(court.take(WHOLE)[0])
    for position in (1, 40, 68):
        code, said = verify(consistent(*_without(whole, position)))
        assert code == 1
        assert "events are missing or out of order" in said


def _without(files: dict[str, bytes], position: int) -> tuple[dict[str, bytes], dict[str, Any]]:
    gone = {part % position for part in verifier.EVENT}
    manifest = json.loads(files["manifest.json"])
    manifest["events"] = [row for row in manifest["events"] if row["position"] != position]
    return {name: data for name, data in files.items() if name not in gone}, manifest


def test_an_event_of_another_case_is_found(court: Court, verify: Verify) -> None:
    files, whole = members(court.take()[0]), members(court.take(WHOLE)[0])
    manifest = json.loads(files["manifest.json"])
    rows = json.loads(whole["manifest.json"])["events"]
    (other,) = [row for row in rows if row["stream_id"] == OTHER and row["version"] == 1]
    manifest["events"] = sorted([*manifest["events"], other], key=lambda row: row["position"])
    more = {part % other["position"] for part in verifier.EVENT}
    code, said = verify(consistent({**files, **{name: whole[name] for name in more}}, manifest))
    assert code == 1
    assert f"事件 event {other['position']}: 不属所选 not selected" in said


def test_a_changed_event_is_found_though_its_entry_was_made_anew(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    state = files["events/66.json"].replace("超出履职所需".encode(), "材料不全".encode())
    code, said = verify(consistent({**files, "events/66.json": state}))
    assert (code, "event 66: 状态与日志条目不符" in said) == (1, True)
    before, after = (sha256(each).hexdigest().encode() for each in (files["events/66.json"], state))
    entry = files["entries/66"].replace(before, after)
    code, said = verify(consistent({**files, "events/66.json": state, "entries/66": entry}))
    assert (code, "event 66: 包含证明不成立" in said) == (1, True)
    manifest = json.loads(files["manifest.json"])
    for name, value in {
        "recorded_at": "2026-01-01T00:00:00.000000Z",
        "schema_version": 2,
        "stream_id": OTHER,
        "type": "sharing.request.agreed",
        "version": 6,
        "position": 67,
    }.items():
        changed = json.loads(json.dumps(manifest))
        changed["events"][-1][name] = value
        assert verify(consistent(files, changed))[0] == 1, name


def test_a_proof_of_another_position_or_checkpoint_is_found(court: Court, verify: Verify) -> None:
    files = members(court.take()[0])
    code, said = verify(
        consistent({**files, "proofs/64.tlog-proof": files["proofs/65.tlog-proof"]})
    )
    assert (code, "event 64: 证明属于别的位置" in said) == (1, True)
    disguised = files["proofs/65.tlog-proof"].replace(b"index 64", b"index 63")
    code, said = verify(consistent({**files, "proofs/64.tlog-proof": disguised}))
    assert (code, "event 64: 包含证明不成立" in said) == (1, True)
    path = files["proofs/64.tlog-proof"]
    for cut in (path.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1), _shorter(path)):
        code, said = verify(consistent({**files, "proofs/64.tlog-proof": cut}))
        assert (code, "event 64: 包含证明不成立" in said) == (1, True)
    elsewhere = files["proofs/64.tlog-proof"].replace(b"\n68\n", b"\n69\n")
    code, said = verify(consistent({**files, "proofs/64.tlog-proof": elsewhere}))
    assert (code, "event 64: 证明针对别的检查点" in said) == (1, True)


def _shorter(proof: bytes) -> bytes:
    head, gap, rest = proof.partition(b"\n\n")
    return head.rpartition(b"\n")[0] + gap + rest


def test_a_checkpoint_by_another_key_is_found(court: Court, verify: Verify, tmp_path: Path) -> None:
    data, made = court.take()
    files = members(data)
    thief = FileSigner.create(tmp_path / "thief", made.log_key.split("+")[0])
    note = notes.parse(files["checkpoint"])
    signature = thief.sign(note.text.encode())
    line = Signature(thief.key.name, thief.key.key_id, signature)
    forged = notes.render(Note(note.text, (line,)))
    proofs = {
        name: each.replace(files["checkpoint"], forged)
        for name, each in files.items()
        if name.startswith("proofs/")
    }
    both = {**files, **proofs, "checkpoint": forged, "checkpoint.sig": signature}
    code, said = verify(consistent(both))
    assert (code, "the log's key did not sign it" in said) == (1, True)
    swapped = {"keys/log.vkey": thief.key.text.encode(), "keys/log.pem": pem_of(thief.key).encode()}
    code, said = verify(consistent({**both, **swapped}))
    assert (code, "only the key inside was used" in said) == (0, True), "as it warns"
    code, said = verify(consistent({**both, **swapped}), "--key", made.log_key)
    assert (code, "the log's key did not sign it" in said) == (1, True)
    for name in ("checkpoint.body", "checkpoint.sig", "keys/log.pem", "keys/log.vkey"):
        other = swapped.get(name, b"x" + files[name])
        code, said = verify(consistent({**files, name: other}))
        assert (code, "differ" in said or "无法继续" in said) == (1, True), name


def test_too_few_witnesses_are_found(court: Court, verify: Verify) -> None:
    court.witnessed(1)
    data, made = court.take()
    assert not made.witnessed
    code, said = verify(data)
    assert (code, "见证者不足 too few witnesses" in said) == (1, True)


def test_a_forged_cosignature_is_found(court: Court, verify: Verify) -> None:
    court.witnessed()
    files = members(court.take()[0])
    note = notes.parse(files["checkpoint"])
    log, first, second = note.signatures
    known = [each.key.text for each in court.witnesses]
    later = Signature(second.name, second.key_id, b"\xff" + second.blob[1:])
    for signatures in ((log, first), (log, first, later), (log, first, first)):
        forged = notes.render(Note(note.text, signatures))
        proofs = {
            name: each.replace(files["checkpoint"], forged)
            for name, each in files.items()
            if name.startswith("proofs/")
        }
        changed = {**files, **proofs, "checkpoint": forged}
        code, said = verify(consistent(changed))
        assert (code, "too few witnesses" in said) == (1, True), said
        changed["keys/witnesses"] = b"quorum none\n"
        assert verify(consistent(changed))[0] == 0
        code, said = verify(consistent(changed), "--witness", known[0], "--witness", known[1])
        assert (code, "a --witness did not sign it" in said) == (1, True)


def test_a_policy_that_counts_somebody_twice_is_refused(court: Court, verify: Verify) -> None:
    court.witnessed()
    files = members(court.take()[0])
    one = court.witnesses[0].key.text
    for policy in (
        f"witness a {one}\nwitness b {one}\ngroup g all a b\nquorum g\n",
        f"witness a {one}\ngroup g 2 a a\nquorum g\n",
        f"witness a {one}\ngroup g 1 a\ngroup h 2 g a\nquorum h\n",
        f"witness a {one}\n",
        f"witness a {one}\nquorum a\nquorum a\n",
        "quorum nobody\n",
        "witness\n",
        "\x00",
    ):
        assert verify(consistent({**files, "keys/witnesses": policy.encode()}))[0] == 1, policy
    fine = f"# said\nwitness a {one}\n\ngroup g any a\nquorum g\n"
    assert verify(consistent({**files, "keys/witnesses": fine.encode()}))[0] == 0


def test_garbage_is_answered_in_words(court: Court, verify: Verify, tmp_path: Path) -> None:
    files = members(court.take()[0])
    for name in (*verifier.LISTED, "manifest.json", "SHA256SUMS", "events/64.json", "entries/64"):
        for rubbish in (b"", b"\xff\xfe", b"[" * 5_000, b"null"):
            assert verify(packed({**files, name: rubbish}))[0] == 1, (name, rubbish[:9])
            if name not in {"SHA256SUMS", "manifest.json", *verifier.UNLISTED}:
                code, said = verify(consistent({**files, name: rubbish}))
                spared = name in {"verify.py", "说明.txt", "INSTRUCTIONS.txt"}
                assert code == (0 if spared else 1), (name, rubbish[:9], said)
    for manifest in ("[]", "{}", '{"files":{},"events":[{}]}', '{"files":{},"events":5}', "7"):
        assert verify(packed({**files, "manifest.json": manifest.encode()}))[0] == 1
    (tmp_path / "empty").mkdir()
    assert verifier.main([str(tmp_path / "empty")]) == 1


def test_wrong_use_ends_with_two(
    court: Court, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(court.take()[0])
    for words in ([], [str(tmp_path / "none")], [str(path), "--key", "x"], [str(path), "--what"]):
        with pytest.raises(SystemExit) as ended:
            verifier.main(words)
        assert ended.value.code == 2
    assert "there is no" in capsys.readouterr().err


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
