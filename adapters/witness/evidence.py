"""A fork as a file for people: two signed checkpoints that cannot both be true, and what to do."""

import base64
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

FOLDER = "evidence"
_PAGE = """\
FORK of the log {origin} 日志分叉证据
found {moment} by the witness {witness}

WHAT THIS IS
Below are two checkpoints of one log. Both bear a valid signature of the log's own key, and they
cannot both be true: {why}
Nobody without the log's signing key can make such a pair. Either the record was changed, or an
old backup was brought back and written on, or the key is in other hands.

下列两份检查点均由日志本身的密钥签名，却不能同时为真。没有日志签名密钥的人无法制造它们：
或者卷宗被改动，或者旧备份被恢复后继续使用，或者密钥已经泄露。

WHAT TO DO
1. Keep this file. The witness keeps it for good and signs nothing more for this log.
2. Tell the audit office and the operator of the hub; compare with the other witnesses.
3. On the hub: `hub verify`, and where there is a mirror `hub verify --mirror DIR`, names the first
   position that differs.
4. When the matter is settled: `hub witness acknowledge --origin {origin} --by NAME --reason TEXT`.
   The witness then goes on from the FIRST checkpoint. A history that begins otherwise needs a new
   origin and a new key.

===== FIRST: cosigned by this witness =====
{first}
===== SECOND: refused =====
{second}
===== WHY BOTH CANNOT BE TRUE =====
{proof}
"""


class Contradiction(NamedTuple):
    """Why two checkpoints cannot both be true: a sentence, and what to calculate it from.

    Where the second tree is the larger, `root` is that of its first `size` leaves, and `proof`
    leads from it to the second checkpoint's root (RFC 9162 §2.1.4.2).
    """

    sentence: str
    size: int
    root: bytes
    proof: tuple[bytes, ...] = ()
    position: int | None = None
    """The first position that differs, where a mirror could tell."""


def page(
    witness: str, origin: str, first: bytes, second: bytes, why: Contradiction, at: int
) -> str:
    """Return the evidence of a fork as text."""
    lines = [why.sentence, f"size {why.size}", f"other-root {_text(why.root)}"]
    lines += [f"proof {_text(each)}" for each in why.proof]
    if why.position is not None:
        lines.append(f"first-position {why.position}")
    return _PAGE.format(
        origin=origin,
        moment=datetime.fromtimestamp(at, UTC).isoformat(),
        witness=witness,
        why=why.sentence,
        first=first.decode(),
        second=second.decode(),
        proof="\n".join(lines),
    )


def keep(folder: Path, size: int, text: str, at: int) -> Path:
    """Write the evidence to `evidence/<time>-<size>.txt`, whole and for good; return where.

    A file that is there already is never written over.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 0
    while True:
        more = f"-{number}" if number else ""
        path = folder / FOLDER / f"{moment}-{size}{more}.txt"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            number += 1
            continue
        _remember(path.parent)
        return path


def _remember(folder: Path) -> None:
    """Put the folder's own entry on the disk, where a system lets us."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
