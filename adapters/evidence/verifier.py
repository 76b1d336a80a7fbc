"""Verify an evidence bundle of Shuqiao 数桥 (离线校验证据包) without the hub.

    python3 -I -S verify.py BUNDLE.zip|FOLDER [--key VKEY] [--witness VKEY]...

One file, standard library, Python 3.8 or later, no code of the product. --key and --witness take
public keys known from elsewhere. Exit code: 0 all holds, 1 something does not, 2 wrong use.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zipfile
from base64 import b64decode, b64encode
from datetime import datetime, timedelta, timezone
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any, Iterator, Tuple

UNLISTED = {"封面.html", "cover.html", "manifest.json"}
LISTED = {"checkpoint", "checkpoint.body", "checkpoint.sig", "keys/log.vkey", "keys/log.pem"}
LISTED |= {"keys/witnesses", "documents.csv", "verify.py", "说明.txt", "INSTRUCTIONS.txt"}
STAMP = {"checkpoint.tsr", "checkpoint.stamped", "keys/tsa.pem"}
EVENT = ("events/%d.json", "entries/%d", "proofs/%d.tlog-proof")
HEADING = b"sha256,position,field,file_name\n"
SPKI = bytes.fromhex("302a300506032b6570032100")  # what stands before an Ed25519 key in a PEM
CHINA = timezone(timedelta(hours=8))
LOG, COSIGNATURE, FAULTS_NAMED = 1, 4, 40
Point = Tuple[int, int]


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names all differ."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("同一名称出现两次 a name stands there twice")
    return dict(pairs)


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P  # Ed25519; it only checks, so nothing here is secret


def added(p: Point, q: Point) -> Point:
    """Return the sum of two points of the curve."""
    (a, b), (c, d) = p, q
    t = D * a * b * c * d
    return (a * d + b * c) * pow(1 + t, -1, P) % P, (b * d + a * c) * pow(1 - t, -1, P) % P


def times(number: int, p: Point) -> Point:
    """Return a multiple of a point."""
    rest = times(number >> 1, added(p, p)) if number else (0, 1)
    return added(rest, p) if number & 1 else rest


def point(data: bytes) -> Point:
    """Return the point that 32 bytes stand for."""
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if len(data) != 32 or y >= P or x * x % P != square or (x == 0 and sign):
        raise ValueError("不是曲线上的点 not a point of the curve")
    return (x if x & 1 == sign else P - x), y


def verified(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature holds, [S]B = R + [k]A (RFC 8032); raises ValueError."""
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % L
    s, base = int.from_bytes(signature[32:], "little"), point(b"\x58" + b"\x66" * 31)
    right = added(point(signature[:32]), times(k, point(public)))
    return len(signature) == 64 and s < L and times(s, base) == right


class Key:
    """A verifier key (C2SP signed-note): name+id+base64(kind, public key)."""

    def __init__(self, text: str) -> None:
        match = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", text.strip())
        self.name, raw = (match[1], b64decode(match[3])) if match else ("", b"\0")
        self.id = sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        self.kind, self.public = raw[0], raw[1:]
        if not match or self.id.hex() != match[2] or len(self.public) != 32:
            raise ValueError(f"不是有效的公钥 not a verifier key: {text[:99]}")


def enough(policy: list[list[str]], signers: set[bytes]) -> bool:
    """Say by a policy (C2SP tlog-policy) whether these witnesses are enough."""
    met, seen, quorum = {"none": True}, [], []
    for kind, name, *rest in policy:
        if kind == "witness":
            seen += [name, Key(rest[0]).public]
            met[name] = seen[-1] in signers
        elif kind == "group":
            seen += [name, *((each, "member") for each in rest[1:])]
            needed = {"any": 1, "all": len(rest) - 1}.get(rest[0]) or int(rest[0])
            met[name] = sum(met[each] for each in rest[1:]) >= max(needed, 1)
        elif kind == "quorum":
            quorum.append(met[name])
    if len(quorum) != 1 or len({*seen, "none"}) != len(seen) + 1:
        raise ValueError("见证规则有误 the witness policy counts somebody twice or has no quorum")
    return quorum[0]


def inclusion(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an entry and its path lead to (RFC 9162 section 2.1.3.2)."""
    node, last = sha256(b"\0" + entry).digest(), size - 1 if 0 <= index < size else -1
    for each in path:
        left = index & 1 or index == last
        node = sha256(b"\1" + (each + node if left else node + each)).digest()
        while left and index and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return node if last == 0 else b""


def texts(node: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield every text in a state, where it stands, and the name of a file beside it."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str):
            name = node.get("file_name", "").replace('"', '""') if isinstance(node, dict) else ""
            yield value, f"{path}{key}", name
        elif isinstance(value, (dict, list)):
            yield from texts(value, f"{path}{key}.")


def belongs(chosen: dict[str, str], row: dict[str, Any], state: dict[str, Any]) -> bool:
    """Say whether an event is one of those the bundle says it holds."""
    if chosen["kind"] == "period":
        at = datetime.strptime(state["at"][:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
        return chosen["from"] <= f"{at.astimezone(CHINA):%Y-%m-%d}" <= chosen["to"]
    case = state.get("correlation_id") or row["stream_id"]
    ids = {case} if chosen["kind"] == "case" else {text for text, _, _ in texts(state)}
    return chosen["kind"] == "all" or chosen["id"] in ids


class Bundle:
    """The files of a bundle, packed or unpacked; what was checked, and how much was wrong."""

    def __init__(self, path: Path) -> None:
        self.faults = 0
        self.read: Any = lambda name: (path / name).read_bytes()
        if path.is_dir():
            found = [each for each in path.rglob("*") if each.is_symlink() or not each.is_dir()]
            self.names = {each.relative_to(path).as_posix() for each in found}
            return
        self.read, members = (packed := zipfile.ZipFile(path)).read, packed.infolist()
        self.names = {*once([(each.filename, None) for each in members])}
        odd = any(each.extra or each.comment or each.compress_type for each in members)
        size = sum(each.file_size + 76 + 2 * len(each.filename.encode()) for each in members)
        size += 98 if len(members) >= 0xFFFF else 22  # nothing before, between, behind members
        if odd or size != path.stat().st_size:  # before anything is read: it may be a ZIP bomb
            raise ValueError("压缩包非原样 not the ZIP as written")

    def must(self, holds: object, words: str, mark: str = "✗") -> None:
        """Say what was found unless it must hold and does: ✓ fine, ✗ wrong, ！ mind this."""
        self.faults += not holds and mark == "✗"
        if not holds and (mark != "✗" or self.faults <= FAULTS_NAMED):
            sys.stdout.write(f"{mark} {words}\n")

    def signed_at(self, key: Key) -> int | None:
        """Return when a key signed (0: a log says no time), None when it did not or it is false."""
        start, at = (12 if key.kind == COSIGNATURE else 4), []
        for blob in [blob for name, blob in self.signed if (name, blob[:4]) == (key.name, key.id)]:
            at.append(int.from_bytes(blob[4:start], "big"))
            head = f"cosignature/v1\ntime {at[-1]}\n" if key.kind == COSIGNATURE else ""
            if not verified(key.public, (head + self.text).encode(), blob[start:]):
                return None
        return at[-1] if at else None

    def files(self) -> None:
        """Hash every file; none may be missing, changed or too many."""
        lines = self.read("SHA256SUMS").decode().split("\n")[:-1]
        self.sums = once([(line[66:], line[:64]) for line in lines])
        for name in sorted(self.names ^ {*self.sums, "SHA256SUMS"}):
            self.must(0, f"{'多出 added' if name in self.names else '缺少 missing'}: {name}")
        for name in sorted(self.names & self.sums.keys()):
            same = self.sums[name] == sha256(self.read(name)).hexdigest()
            self.must(same, f"内容被改动 changed: {name}")
        self.manifest = json.loads(self.read("manifest.json"), object_pairs_hook=once)
        listed = {name: each for name, each in self.sums.items() if name not in UNLISTED}
        for name, _ in sorted({*listed.items()} ^ {*self.manifest["files"].items()}):
            self.must(0, f"清单与摘要表不符 manifest.json and SHA256SUMS differ: {name}")
        events = {part % row["position"] for row in self.manifest["events"] for part in EVENT}
        for name in sorted(listed.keys() - STAMP ^ (LISTED | events)):
            self.must(0, f"不属于清单所列事件 of no event in manifest.json: {name}")
        own, covers = self.sums["manifest.json"].encode(), UNLISTED - {"manifest.json"}
        same = all(own in self.read(name) for name in covers)
        self.must(same, "封面所载清单摘要不符 a cover names another manifest")
        self.must(0, f"文件 files hashed: {len(self.sums)}", "✓")

    def checkpoint(self, pinned: Key | None) -> None:
        """Check the log's signature, and that all parts speak of the same checkpoint."""
        inside, self.head = Key(self.read("keys/log.vkey").decode()), self.read("checkpoint")
        key, body = pinned or inside, self.read("checkpoint.body")
        text, _, lines = self.head.decode().rpartition("\n\n")
        self.text, found = text + "\n", re.findall(r"— (\S+) (\S+)\n", lines)
        self.signed = [(name, b64decode(blob, validate=True)) for name, blob in found]
        same = lines == "".join(f"— {name} {blob}\n" for name, blob in found)
        self.must(same, "检查点不是签名文书 the checkpoint is not a signed note")
        origin, size, root = self.text.split("\n")[:3]
        self.size, self.root = int(size), b64decode(root)
        signed = self.signed_at(key) is not None and (key.kind, key.name) == (LOG, origin)
        self.must(signed, f"检查点不是该日志密钥所签 the log's key did not sign it: {key.name}")
        same = [self.manifest[each] for each in ("origin", "size", "root")]
        self.must(same == [origin, self.size, root], "清单 manifest.json: another checkpoint")
        same = body == self.text.encode() and inside.public == key.public
        same = same and b64encode(SPKI + inside.public) in self.read("keys/log.pem")
        same = same and verified(key.public, body, self.read("checkpoint.sig"))
        self.must(same, "副本不一致 copies of the checkpoint or of the log's key differ")
        self.must(0, f"检查点 checkpoint: {origin}, {size}, {key.name}+{key.id.hex()}", "✓")
        self.must(pinned, "日志公钥取自包内，宜以 --key 指定 only the key inside was used", "！")

    def witnesses(self, known: list[Key]) -> None:
        """Check who else signed the checkpoint, and whether they are enough."""
        lines = [line.split() for line in self.read("keys/witnesses").decode().split("\n")]
        policy = [words for words in lines if words and not words[0].startswith("#")]
        listed = [Key(words[2]) for words in policy if words[0] == "witness"]
        at = {key: self.signed_at(key) for key in listed + known if key.kind == COSIGNATURE}
        self.must(all(map(at.get, known)), "指定的见证者未签名 a --witness did not sign it")
        signers = {key.public: (key, time) for key, time in at.items() if time is not None}
        for key, time in signers.values():
            self.must(0, f"见证 witness: {key.name}, {datetime.fromtimestamp(time, CHINA)}", "✓")
        self.must(enough(policy, {*signers}), "见证者不足 too few witnesses")
        self.must(signers, "无见证，仅有运行方签名 no witness: the operator's word alone", "！")
        self.must(known or not signers, "见证公钥取自包内 only witnesses' keys inside used", "！")
        if "checkpoint.tsr" in self.names:
            stamped, stamp = self.read("checkpoint.stamped"), self.read("checkpoint.tsr")
            same = stamped.startswith(self.text.encode()) and sha256(stamped).digest() in stamp
            self.must(same, "时间戳另有所指 the time stamp is of something else")
            self.must(0, "时间戳请用 openssl 校验 check the time stamp with openssl", "！")

    def event(self, row: dict[str, Any]) -> Iterator[bytes]:
        """Check state, entry, leaf and path of an event; yield the documents it names."""
        state, entry, proof = (self.read(part % row["position"]) for part in EVENT)
        facts, found = {**row, "state": "sha256:" + sha256(state).hexdigest()}, json.loads(state)
        at, index = f"事件 event {row['position']}: ", facts.pop("position") - 1
        text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self.must(text.encode() == entry, f"{at}状态与日志条目不符 state, columns, entry differ")
        head, _, checkpoint = proof.partition(b"\n\n")
        kind, own, *path = head.decode().split("\n")
        good = (kind, own) == ("c2sp.org/tlog-proof@v1", f"index {index}")
        self.must(good, f"{at}证明属于别的位置 the proof is of another position: {own}")
        self.must(checkpoint == self.head, f"{at}证明针对别的检查点 proof of another checkpoint")
        root = inclusion(entry, index, self.size, [*map(b64decode, path)])
        self.must(root == self.root, f"{at}包含证明不成立 the inclusion proof does not hold")
        self.must(belongs(self.manifest["selection"], row, found), f"{at}不属所选 not selected")
        for text, place, name in texts(found):
            if re.fullmatch("sha256:[0-9a-f]{64}", text):
                yield f'{text[7:]},{row["position"]},{place},"{name}"\n'.encode()

    def events(self) -> None:
        """Check every event, the list of documents, and what else their streams hold."""
        streams: dict[str, set[int]] = {}
        rows, left_out, table = self.manifest["events"], self.manifest["left_out"], sha256(HEADING)
        for row in rows:
            try:
                for line in self.event(row):
                    table.update(line)
                streams.setdefault(row["stream_id"], set()).add(row["version"])
            except Exception as error:  # noqa: BLE001 - what a forger writes is answered in words
                self.must(0, f"事件 event {row['position']}: 无法读取 unreadable: {error!r}")
        for name, have in sorted(streams.items()):
            gap = sorted({*range(1, max(have))} - have)
            self.must(left_out.get(name, []) == gap, f"缺少事件 events are missing: {name} {gap}")
            self.must(not gap, f"未选入的版本 versions not selected: {name} {gap}", "！")
        positions, kind = [row["position"] for row in rows], self.manifest["selection"]["kind"]
        whole = range(1, self.size + 1) if kind == "all" else sorted({*positions})
        self.must(positions == [*whole], "事件不全或次序有误 events are missing or out of order")
        self.must(table.hexdigest() == self.sums["documents.csv"], "documents.csv 不符 differs")
        self.must(0, f"事件 events, each with its proof: {len(rows)}", "✓")


def main(words: list[str] | None = None) -> int:
    """Check a bundle and say what was found."""
    parser = argparse.ArgumentParser(description="Verify an evidence bundle 校验证据包")
    parser.add_argument("bundle", type=Path, help="the ZIP, or the folder it was unpacked to")
    parser.add_argument("--key", type=Key, help="the log's key, known from elsewhere")
    parser.add_argument("--witness", type=Key, action="append", default=[], help="a witness's key")
    asked = parser.parse_args(words)
    if not asked.bundle.exists():
        parser.error(f"不存在 there is no {asked.bundle}")
    try:
        bundle = Bundle(asked.bundle)
        bundle.files()
        bundle.checkpoint(asked.key)
        bundle.witnesses(asked.witness)
        bundle.events()
    except Exception as error:  # noqa: BLE001 - as above
        sys.stdout.write(f"✗ 无法继续 cannot go on: {error!r}\n")
        return 1
    verdict = "校验未通过 it does not hold" if bundle.faults else "校验通过 all of it holds"
    bundle.must(0, verdict, "=")
    return 1 if bundle.faults else 0


if __name__ == "__main__":
    sys.exit(main())
