"""One API process: `python -m adapters.serve`.

Under `hub up` several of these share one listening socket that their parent opened, so a taken
port is known before anything starts; alone (in a container) it opens its own.
"""

import os
import socket

import uvicorn

from adapters.settings import load

FD = "HUB_LISTEN_FD"
APPLICATION = "adapters.http.app:create_app"
STOP_SECONDS_MAX = 10


def main() -> None:
    """Serve until told to stop; requests under way get ten seconds to finish."""
    settings = load()
    server = uvicorn.Server(
        uvicorn.Config(
            APPLICATION,
            factory=True,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS_MAX,
        )
    )
    handed = os.environ.get(FD)
    server.run(sockets=None if handed is None else [socket.socket(fileno=int(handed))])


if __name__ == "__main__":
    main()
