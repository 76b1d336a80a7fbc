"""The witness that is asked: POST /add-checkpoint (C2SP tlog-witness), GET / for its standing.

Anybody may ask, for nothing is signed that the log did not sign first. So the server is narrow:
small bodies, few callers at a time, and nobody may take longer than half a minute to say it.
"""

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from adapters.witness.witness import BODY_BYTES_MAX, ForkFound, Refused, Witness, read_request

CALLERS_MAX = 32
SILENCE_SECONDS_MAX = 10.0
REQUEST_SECONDS_MAX = 30.0
ADDRESS = "/add-checkpoint"
_PLAIN, _SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
Say = Callable[[str], None]


class PushServer(ThreadingHTTPServer):
    """Serves one witness on an address."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], witness: Witness, standing: Callable[[], Any], alarm: Say
    ) -> None:
        """Listen; `standing` is what GET / shows, `alarm` is told of a fork and of own trouble."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.witness = witness
        self.standing = standing
        self.alarm = alarm
        self._places = threading.BoundedSemaphore(CALLERS_MAX)
        self._until: dict[Any, float] = {}
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Take the port, without asking the network for this machine's name as the library does."""
        TCPServer.server_bind(self)

    @property
    def url(self) -> str:
        """The address callers use."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the caller a thread, or hang up when all places are taken."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self.begin(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one caller and free the place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._until.pop(request, None)
            self._places.release()

    def begin(self, request: Any) -> None:
        """Count the time of a caller's next request from now."""
        with self._lock:
            self._until[request] = time.monotonic() + REQUEST_SECONDS_MAX

    def service_actions(self) -> None:
        """Hang up on callers who take too long, byte by byte."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, until in self._until.items() if until < now]
        for request in late:
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has gone by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who hangs up is nothing to report; no traceback on the screen."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hub-witness"
    sys_version = ""
    timeout = SILENCE_SECONDS_MAX

    def do_GET(self) -> None:
        """Show how the witness stands."""
        self._next()
        if self.path != "/":
            self._say(HTTPStatus.NOT_FOUND, "the witness answers at / and at /add-checkpoint")
            return
        try:
            page = json.dumps(self._ours.standing(), ensure_ascii=False, indent=2)
        except (OSError, sqlite3.Error) as wrong:
            self._own_trouble(wrong)
            return
        self._answer(HTTPStatus.OK, page.encode() + b"\n", "application/json")

    def do_POST(self) -> None:
        """Take a checkpoint."""
        self._next()
        if self.path != ADDRESS:
            self.close_connection = True
            self._say(HTTPStatus.NOT_FOUND, "checkpoints are brought to /add-checkpoint")
            return
        body = self._body()
        if body is None:
            return
        try:
            line = self._ours.witness.add_checkpoint(read_request(body))
        except Refused as refused:
            self._refuse(refused)
        except (OSError, sqlite3.Error) as wrong:
            self._own_trouble(wrong)
        else:
            self._answer(HTTPStatus.OK, line.encode(), _PLAIN)

    def _refuse(self, refused: Refused) -> None:
        if isinstance(refused, ForkFound):
            self._ours.alarm(str(refused))
        if refused.size is not None:
            self._answer(refused.status, f"{refused.size}\n".encode(), _SIZE)
        else:
            self._say(refused.status, str(refused))

    def _own_trouble(self, wrong: Exception) -> None:
        self._ours.alarm(f"the witness's own disk does not do: {wrong}")
        self._say(HTTPStatus.SERVICE_UNAVAILABLE, "the witness cannot remember now; ask again")

    def _body(self) -> bytes | None:
        """Return the body, None when it was refused already."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self._say(HTTPStatus.LENGTH_REQUIRED, "say Content-Length")
            return None
        if len(length) > 9 or int(length) > BODY_BYTES_MAX:  # noqa: PLR2004 - no number so long
            self.close_connection = True
            self._say(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_BYTES_MAX} bytes are taken"
            )
            return None
        return self.rfile.read(int(length))

    @property
    def _ours(self) -> PushServer:
        assert isinstance(self.server, PushServer)
        return self.server

    def _next(self) -> None:
        self._ours.begin(self.request)

    def _say(self, status: int, sentence: str) -> None:
        self._answer(status, f"{sentence}\n".encode(), _PLAIN)

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's word
        """Stay quiet: what matters is told by `alarm`."""
