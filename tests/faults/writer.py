"""A hub process to be killed: appends without end and prints what was acknowledged.

Run as `python -m tests.faults.writer URL`; each line is `command_id stream_id version first`.
"""

import asyncio
import sys
from itertools import count

from adapters.record.postgres import PostgresRecord
from tests.adapters.record.writes import event, write


async def _append_without_end(url: str) -> None:
    async with PostgresRecord(url) as record:

        async def caller(name: int) -> None:
            for version in count(1):
                wish = write(event(f"own:{name}", version), command_id=f"{name}/{version}")
                answer = await record.append(wish)
                print(wish.command_id, f"own:{name}", version, answer.first, flush=True)  # noqa: T201 - its output is its report

        await asyncio.gather(*(caller(name) for name in range(16)))


if __name__ == "__main__":
    asyncio.run(_append_without_end(sys.argv[1]))
