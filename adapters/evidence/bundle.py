"""Making a bundle: events, proofs, checkpoint, keys, manifest, covers, in one ZIP.

The same record under the same checkpoint gives the same bytes: nothing here asks for the time or
for chance. One event after the other passes through; no step holds them all.
"""

import base64
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO

import msgspec
import orjson
import psycopg

from adapters.evidence import cover, documents, sealing
from adapters.evidence.order import Made, Order, Sources
from adapters.evidence.packing import Packing
from adapters.evidence.sealing import Prover, Seal
from adapters.evidence.selection import Chosen, Kind, choose
from hub.errors import Conflict, Forbidden, Invalid
from hub.record import Recorded, log_entry, rfc3339
from hub.seal.note import VerifierKey
from projections import reader

FORMAT = "shuqiao-evidence/1"
READ_POSITIONS = 500
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What DER writes before the 32 bytes of an Ed25519 key (RFC 8410)."""
Progress = Callable[[int, int], None]
"""Hears how many events of how many are done."""


class _Passed(msgspec.Struct):
    """What is kept of the events while they pass: their columns, documents, first lines."""

    columns: IO[bytes]
    documents: IO[bytes]
    versions: dict[str, list[int]] = {}
    lines: list[cover.Line] = []
    count: int = 0


def make(
    connection: psycopg.Connection,
    sources: Sources,
    order: Order,
    out: IO[bytes],
    progress: Progress | None = None,
) -> Made:
    """Write a bundle to a file; return its figures.

    Raises NotFound for what the record does not have, Forbidden when all of it is out of bounds,
    Conflict when nothing is sealed or record and log disagree, Invalid for more than fits.
    """
    chosen, seal = _agreed(connection, sources, order)
    with ExitStack() as stack:
        packing = Packing(out)
        stack.callback(packing.abandon)
        passed = _Passed(stack.enter_context(_spool()), stack.enter_context(_spool()))
        passed.documents.write(documents.HEADING)
        prover = Prover(sources.files, seal)
        for event in _events(connection, chosen.positions):
            _add_event(packing, event, prover.proof(event), passed)
            if progress is not None:
                progress(passed.count, len(chosen.positions))
        _add_seal(packing, seal, sources)
        facts = cover.gather(connection, seal, order, chosen, passed.lines, passed.count)
        digest = _add_papers(packing, seal, order, chosen, passed, facts)
        packing.close()
    return Made(
        events=passed.count,
        size=seal.head.size,
        witnessed=seal.witnessed,
        stamped=seal.stamp is not None,
        unsealed=chosen.unsealed,
        outside_scope=chosen.out_of_scope,
        manifest_sha256=digest,
        log_key=seal.key.text,
    )


def _agreed(connection: psycopg.Connection, sources: Sources, order: Order) -> tuple[Chosen, Seal]:
    """Return the events that go into the bundle and the checkpoint that covers them."""
    newest = sealing.newest(sources.files)
    whole = order.selection.kind is Kind.ALL
    chosen = choose(connection, order.selection, newest.size, order.within)
    if chosen.positions and order.events_max and len(chosen.positions) > order.events_max:
        raise Invalid(
            f"these are {len(chosen.positions)} events, more than {order.events_max}: choose less,"
            " or let the operator run `hub audit export`",
            f"所选事件{len(chosen.positions)}个，超过{order.events_max}个，"
            "请缩小范围，或由运维人员运行 hub audit export",
        )
    if not chosen.positions and chosen.out_of_scope:
        raise Forbidden(
            f"{chosen.out_of_scope} events are meant, and none is within the engagement's scope",
            f"所选{chosen.out_of_scope}个事件均不在审计项目范围内",
        )
    if not chosen.positions:
        raise Conflict(
            f"these {chosen.unsealed} events are not sealed yet: the log ends at {newest.size};"
            " export again when the process “sealer” has run (it takes two seconds)",
            f"所选{chosen.unsealed}个事件尚未封存，日志现至位置{newest.size}，请稍后重新导出",
        )
    last = None if whole else chosen.positions[-1]
    seal = sealing.choose(connection, sources.files, sources.policy, last)
    if whole:
        chosen = Chosen(range(1, seal.head.size + 1))
    return chosen, seal


def _events(connection: psycopg.Connection, positions: Sequence[int]) -> Iterator[Recorded]:
    """Yield the events at these positions, in order; raises Conflict for one that is gone."""
    for first in range(0, len(positions), READ_POSITIONS):
        wanted = positions[first : first + READ_POSITIONS]
        found = reader.at(connection, wanted)
        if [each.position for each in found] != list(wanted):
            gone = sorted(set(wanted) - {each.position for each in found})
            raise Conflict(
                f"the record has no event at position {gone[0]}; tell the operator to run"
                " `hub verify`",
                f"卷宗中缺少位置{gone[0]}的事件，请运维人员运行 hub verify 核查",
            )
        yield from found


def _add_event(packing: Packing, event: Recorded, proof: bytes, passed: _Passed) -> None:
    at = rfc3339(event.recorded_at)
    packing.add(f"events/{event.position}.json", event.state)
    packing.add(f"entries/{event.position}", log_entry(event, at))
    packing.add(f"proofs/{event.position}.tlog-proof", proof)
    columns = {
        "position": event.position,
        "recorded_at": at,
        "schema_version": event.schema_version,
        "stream_id": event.stream_id,
        "type": event.topic,
        "version": event.version,
    }
    passed.columns.write((b",\n" if passed.count else b"") + orjson.dumps(columns))
    passed.documents.writelines(documents.lines_of(event))
    passed.versions.setdefault(event.stream_id, []).append(event.version)
    if passed.count < cover.LINES_MAX:
        passed.lines.append(cover.line_of(event))
    passed.count += 1


def _add_seal(packing: Packing, seal: Seal, sources: Sources) -> None:
    signature = next(
        each.blob
        for each in seal.signed.signatures
        if (each.name, each.key_id) == (seal.key.name, seal.key.key_id)
    )
    packing.add("checkpoint", seal.note)
    packing.add("checkpoint.body", seal.signed.text.encode())
    packing.add("checkpoint.sig", signature)
    if seal.stamp is not None and seal.stamped is not None:
        packing.add("checkpoint.stamped", seal.stamped)
        packing.add("checkpoint.tsr", seal.stamp)
        if sources.tsa_certificate is not None and sources.tsa_certificate.exists():
            packing.add("keys/tsa.pem", sources.tsa_certificate.read_bytes())
    packing.add("keys/log.vkey", f"{seal.key.text}\n".encode())
    packing.add("keys/log.pem", pem_of(seal.key).encode())
    packing.add("keys/witnesses", seal.policy.encode())


def _add_papers(
    packing: Packing,
    seal: Seal,
    order: Order,
    chosen: Chosen,
    passed: _Passed,
    facts: cover.Facts,
) -> str:
    """Add documents, verifier, words, manifest, covers and sums; return the manifest's digest."""
    packing.add_file("documents.csv", passed.documents)
    packing.add("verify.py", Path(__file__).with_name("verifier.py").read_bytes())
    for name, text in cover.instructions(facts).items():
        packing.add(name, text.encode())
    with closing(_manifest(packing, seal, order, chosen, passed, facts)) as manifest:
        digest = packing.add_file("manifest.json", manifest)
    for name, text in cover.pages(facts, digest).items():
        packing.add(name, text.encode())
    with _spool() as sums:
        _copy(packing.sums, sums)
        packing.add_file("SHA256SUMS", sums)
    return digest


def pem_of(key: VerifierKey) -> str:
    """Return an Ed25519 key as `openssl` reads it."""
    encoded = base64.b64encode(_SPKI + key.public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"


def _manifest(
    packing: Packing,
    seal: Seal,
    order: Order,
    chosen: Chosen,
    passed: _Passed,
    facts: cover.Facts,
) -> IO[bytes]:
    """Return manifest.json in a temporary file: what is in the bundle and from where."""
    head = seal.head
    left_out = {
        name: sorted(set(range(1, max(versions))) - set(versions))
        for name, versions in sorted(passed.versions.items())
    }
    says = {
        "format": FORMAT,
        "origin": head.origin,
        "size": head.size,
        "root": base64.b64encode(head.root).decode(),
        "as_of": rfc3339(facts.as_of),
        "selection": msgspec.to_builtins(order.selection),
        "taken_by": msgspec.to_builtins(order.taker),
        "outside_scope": chosen.out_of_scope,
        "left_out": {name: gaps for name, gaps in left_out.items() if gaps},
    }
    manifest = _spool()
    manifest.write(orjson.dumps(says, option=orjson.OPT_INDENT_2)[:-2] + b',\n  "events": [\n')
    _copy(passed.columns, manifest)
    manifest.write(b'\n  ],\n  "files": {')
    packing.sums.seek(0)
    for number, line in enumerate(packing.sums):
        digest, name = line.decode().rstrip("\n").split("  ", 1)
        manifest.write((b",\n" if number else b"\n") + orjson.dumps(name))
        manifest.write(b": " + orjson.dumps(digest))
    manifest.write(b"\n  }\n}\n")
    return manifest


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(0)
    while piece := source.read(READ_POSITIONS * 1_024):
        target.write(piece)


def _spool() -> IO[bytes]:
    return tempfile.TemporaryFile()
