"""A program that listens to webhooks: a real HTTP server on this machine, which answers as a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came, in order, and what is answered: statuses by turns, the last one for ever."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[str] = []
        self.statuses = [200]
        self.seconds = 0.0
        self.location = ""
        self.url = ""

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    def is_signed_by(self, secret: str, *, place: int = -1) -> bool:
        """Check a signature as a receiver does, from the specification of Standard Webhooks."""
        headers = self.headers[place]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{self.bodies[place]}"
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in headers["webhook-signature"].split(" ")


@contextmanager
def listening() -> Iterator[Receiver]:
    """Listen on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            receiver.messages.append(json.loads(body))
            receiver.bodies.append(body)
            receiver.headers.append(dict(self.headers))
            time.sleep(receiver.seconds)
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            try:
                self.send_response(status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()
                self.wfile.write(b"noted")
            except OSError:
                return  # whoever asked has gone

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
