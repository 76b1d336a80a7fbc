"""`?wait=sealed`: a command's answer that waits until its events are sealed and brings receipts.

The command is recorded before the waiting begins: whatever the seal does, nothing is lost by it.
"""

from urllib.parse import parse_qs

import anyio.to_thread
import psycopg
from psycopg_pool import PoolTimeout

from adapters.http.desk import Desk
from adapters.http.problems import EdgeProblem
from adapters.seal import proofs
from hub.errors import Refusal
from hub.execute import Receipt
from hub.term import Language
from projections import reader

SEALED = "sealed"


class SealedReceipt(Receipt, frozen=True, kw_only=True):
    """The answer to a command sent with `?wait=sealed`.

    `receipt` holds the C2SP tlog-proof of each of its events. Where `sealed` is false the command
    is recorded all the same, and `detail` says where to get the receipts later.
    """

    sealed: bool
    receipt: tuple[str, ...] = ()
    detail: str = ""


def wants_sealed(query: str) -> bool:
    """Say whether the sender waits for receipts; raises EdgeProblem for any other wait."""
    wishes = parse_qs(query, keep_blank_values=True).get("wait", []) if query else []
    if any(wish != SEALED for wish in wishes):
        raise EdgeProblem(
            "malformed",
            "a command may wait for its receipts with wait=sealed, and for nothing else",
            "命令可用 wait=sealed 等待回执，不支持其他取值",
            where="wait",
        )
    return bool(wishes)


async def with_receipts(desk: Desk, answer: Receipt, language: Language) -> SealedReceipt:
    """Wait until the log covers a command's events and put their receipts under its answer."""
    positions = range(answer.position - len(answer.events) + 1, answer.position + 1)
    if not answer.events:
        return _answer(answer, sealed=True)
    if not await desk.sealed.covers(answer.position):
        return _answer(answer, sealed=False, detail=_later(positions, language))
    files = desk.sealed.files
    try:
        note = await anyio.to_thread.run_sync(files.checkpoint)
        receipts = await desk.ask(
            lambda connection: tuple(
                proofs.receipt(files, event, note).decode()
                for event in reader.at(connection, positions)
            )
        )
    except (Refusal, psycopg.Error, PoolTimeout, OSError):
        return _answer(answer, sealed=False, detail=_later(positions, language))
    return _answer(answer, sealed=True, receipt=receipts)


def _answer(
    answer: Receipt, *, sealed: bool, receipt: tuple[str, ...] = (), detail: str = ""
) -> SealedReceipt:
    given = {name: getattr(answer, name) for name in Receipt.__struct_fields__}
    return SealedReceipt(**given, sealed=sealed, receipt=receipt, detail=detail)


def _later(positions: range, language: Language) -> str:
    where = f"/api/v1/seal/receipts/{positions[-1]}"
    if language == "zh":
        return f"命令已记入卷宗，但尚未封存；请稍后从{where}获取回执，/log页面可见原因"
    return (
        "the command is recorded but not sealed yet; get the receipt a little later from"
        f" {where} (each event has its own), and see /log for what holds the seal up"
    )
