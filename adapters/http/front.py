"""The front: what happens to every request before and after anybody answers it.

It gives the request an id, keeps bodies small, sends commands straight to their `Posting` (a
dictionary in place of a hundred patterns tried in turn), counts, and answers for our mistakes.
"""

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from adapters.http.exchange import SenderGoneError, headers_of, send_problem, too_large
from adapters.http.metrics import Metrics
from adapters.http.problems import EdgeProblem

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,80}")
_OUR_MISTAKE = 500
_HARDENING = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)
_ONLY_POST = EdgeProblem(
    "method_not_allowed",
    "a command is sent with POST",
    "命令须以 POST 提交",
    headers={"allow": "POST"},
)
UPLOADS = "/api/v1/convergence/payloads/"
"""Below this path bodies are streamed to disk and have a limit of their own."""


class Front:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        postings: Mapping[str, ASGIApp],
        metrics: Metrics,
        body_bytes_max: int,
        logger: Any,
    ) -> None:
        """Stand before `app`; `postings` are the commands by path."""
        self._app = app
        self._postings = postings
        self._metrics = metrics
        self._body_bytes_max = body_bytes_max
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        request_id = _request_id(scope)
        scope["request_id"] = request_id.decode()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id),
                    *_HARDENING,
                ]
            await send(message)

        posting = self._postings.get(scope["path"])
        try:
            if posting is not None and scope["method"] != "POST":
                await send_problem(scope, answer, _ONLY_POST)
            elif posting is not None:
                await posting(scope, receive, answer)
            else:
                await self._app(scope, self._limited(scope, receive), answer)
        except SenderGoneError:
            return
        except Exception as error:
            if not status:
                await send_problem(scope, answer, error)
            if status >= _OUR_MISTAKE or not status:
                self._logger.exception("our mistake", **_about(scope, request_id))
        self._note(scope, posting, status, perf_counter() - started, request_id)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Stop a body that grows over the limit, wherever it is read."""
        if scope["path"].startswith(UPLOADS):
            return receive
        declared = headers_of(scope).get("content-length", "")
        size = int(declared) if declared.isdigit() else 0
        limit = self._body_bytes_max

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            if not declared:
                size += len(message.get("body", b""))
            if size > limit:
                raise too_large(limit)
            return message

        return counted

    def _note(
        self, scope: Scope, posting: object, status: int, seconds: float, request_id: bytes
    ) -> None:
        route = scope["path"] if posting is not None else _pattern(scope)
        self._metrics.count(route, status, seconds)
        if status >= _OUR_MISTAKE:
            self._logger.warning("not served", status=status, **_about(scope, request_id))


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            given: bytes = value
            return given
    return str(uuid7()).encode()


def _pattern(scope: Scope) -> str:
    """Return the route's pattern, so that ids do not become labels."""
    return str(getattr(scope.get("route"), "path", "other"))


def _about(scope: Scope, request_id: bytes) -> dict[str, str]:
    return {
        "request_id": request_id.decode(),
        "method": scope["method"],
        "route": _pattern(scope) if "route" in scope else scope["path"][:80],
    }
