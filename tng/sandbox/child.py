"""What runs in the emulator's process: ``python -m tng.sandbox.child EMULATOR PARENT_PID``.

Takes a free port of the loopback, writes it to ``port.json`` in the working directory
and serves the emulator on it until killed. A watcher ends the process when the parent is
gone: neither a pipe (inherited by the parent's other children) nor PR_SET_PDEATHSIG (tied
to the parent's *thread*, and Linux only) would do in every case.
"""

import asyncio
import json
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WATCH_SECONDS = 0.2


def main() -> None:
    """Serve the emulator named in the arguments."""
    emulator, parent = sys.argv[1], int(sys.argv[2])
    home = Path.cwd()
    threading.Thread(target=_end_with, args=(parent, home), daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port: int = listener.getsockname()[1]
    os.environ["GATEWAY_PORT"] = str(port)
    announcement = home / "port.json.new"
    announcement.write_text(json.dumps({"port": port}))
    announcement.rename(home / "port.json")
    _EMULATORS[emulator](listener)


def _end_with(parent: int, home: Path) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    shutil.rmtree(home, ignore_errors=True)
    os._exit(1)


def _serve_ministack(listener: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.accesslog = None
    config.loglevel = "WARNING"
    asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))


def _serve_moto(listener: socket.socket) -> None:
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    # Without it the certificate id is the hash of the PEM text, not of the certificate.
    default_user_config["iot"]["use_valid_cert"] = True
    application = _OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1",
        0,
        application,
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=listener.detach(),
    )
    server.serve_forever()


class _OneAtATime:
    """moto's backends are not safe for threads: sporadic 500s under load."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        with self._lock:
            answer = self._application(environ, start_response)
            try:
                return list(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()


_EMULATORS: dict[str, Callable[[socket.socket], None]] = {
    "ministack": _serve_ministack,
    "moto": _serve_moto,
}

if __name__ == "__main__":
    main()
