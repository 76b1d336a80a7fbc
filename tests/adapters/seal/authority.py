"""A time-stamp authority on this machine: OpenSSL answers, over HTTP, under a root of its own."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_OPENSSL = shutil.which("openssl") or "openssl"
_CONFIG = """
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = {cn}
[ root ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[ signer ]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ tsa ]
default_tsa = here
[ here ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_OPENSSL, *map(str, arguments)], check=False, capture_output=True, text=True
    )


class Authority:
    """Its folder, with `root.pem`; how it answers can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        self.spoil: bytes | None = None
        self.url = ""
        self._key_pair("root", "根证书", "root", ())
        self._key_pair("signer", "测试时间戳", "signer", ("root",))
        (folder / "serial").write_text("01\n")

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, query: bytes) -> bytes:
        self.asked += 1
        if self.spoil is not None:
            return self.spoil
        asked, answered = self.folder / "query", self.folder / "answer"
        asked.write_bytes(query)
        done = openssl(
            *("ts", "-reply", "-config", self.folder / "signer.cnf"),
            *("-queryfile", asked, "-out", answered),
        )
        assert done.returncode == 0, done.stderr
        return answered.read_bytes()

    def _key_pair(self, name: str, cn: str, extensions: str, above: tuple[str, ...]) -> None:
        config = self.folder / f"{name}.cnf"
        config.write_text(_CONFIG.format(cn=cn, folder=self.folder), encoding="utf-8")
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        signers = [("-CA", self.folder / f"{one}.pem") for one in above]
        signers += [("-CAkey", self.folder / f"{one}.key") for one in above]
        done = openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-utf8", "-days", "30"),
            *("-config", config, "-extensions", extensions, "-keyout", key, "-out", certificate),
            *(word for pair in signers for word in pair),
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """Let an authority answer over HTTP while the block runs."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            body = authority.answer(query)
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - theirs
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
