"""Reading a request and sending an answer on bare ASGI, for the paths that must be lean."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from adapters.http.language import language_of
from adapters.http.problems import Answer, EdgeProblem, answer_to


class SenderGoneError(Exception):
    """Whoever asked hung up before he had said all; nobody waits for an answer."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name; of a name sent twice the last one counts."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def read_body(receive: Receive, headers: Mapping[str, str], bytes_max: int) -> bytes:
    """Return the whole body; raises EdgeProblem when it is larger than allowed."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise too_large(bytes_max)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise SenderGoneError
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _rest(receive, body, bytes_max)
    if len(body) > bytes_max:
        raise too_large(bytes_max)
    return body


def too_large(bytes_max: int) -> EdgeProblem:
    """Return the problem of a body over the limit."""
    return EdgeProblem(
        "too_large",
        f"the body has more than {bytes_max} bytes; send less at once",
        f"请求体超过{bytes_max}字节，请减少单次内容",
    )


async def send_answer(
    send: Send, status: int, headers: Mapping[str, str], body: bytes = b""
) -> None:
    """Send a whole answer."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def send_problem(scope: Scope, send: Send, error: Exception) -> Answer:
    """Send the problem document for what went wrong, in the reader's language."""
    language = language_of(headers_of(scope).get("accept-language", ""))
    answer = answer_to(error, language, scope["path"], scope.get("request_id", ""))
    await send_answer(send, answer.status, answer.headers, answer.body)
    return answer


async def _rest(receive: Receive, first: bytes, bytes_max: int) -> bytes:
    parts, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > bytes_max:
            raise too_large(bytes_max)
        more = message.get("more_body", False)
    return b"".join(parts)
