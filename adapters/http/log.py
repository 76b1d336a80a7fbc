"""What the edge logs: one line for a request that went wrong, none for one that went well.

The record is the log of what happened; a line here says why an answer was no answer. No body,
no token and no query string is ever in it.
"""

import logging
import sys
from typing import Any, Literal

import structlog


def logger_for(form: Literal["console", "json"]) -> Any:
    """Return the logger: JSON lines for machines, coloured lines for people."""
    # A lost database is answered with 503 and logged as such; the pool would say it ten times.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.wrap_logger(
        structlog.PrintLogger(file=sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="ts", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )
