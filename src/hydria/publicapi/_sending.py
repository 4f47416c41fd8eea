"""
Send one message to one address: by HTTPS, to a public address, within a few seconds, following nobody elsewhere.

The name is looked up once and the connection goes to the address that was judged, so that a name which changes its
mind between the two leads nowhere (DNS rebinding). Redirects are answers like any other.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from hydria.publicapi.domain.addresses import AddressRefused, check_url, is_public

SECONDS_MAX = 10.0
ANSWER_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What came back.

    status  None when nothing came; then `fault` says why: a code of `check_url`, `host_unknown`, `address_private`,
            `connection_failed`, `certificate_wrong` or `too_slow`
    text    the beginning of the body
    """

    status: int | None = None
    text: str = ""
    fault: str = ""
    duration_ms: int = 0

    @property
    def is_taken(self) -> bool:
        """Tell whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was judged before, under the name that it is known by."""

    def __init__(self, host: str, port: int, *, address: str, is_tls: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self.default_port = 443 if is_tls else 80  # type: ignore[misc]  # keeps the port out of the Host header
        self._address = address
        self._is_tls = is_tls

    def connect(self) -> None:
        """Connect to the judged address."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def hang_up(self) -> None:
        """End it from another thread, whatever it waits for."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed already


def post(
    url: str, *, headers: Mapping[str, str], body: str, allows_private: bool, seconds_max: float = SECONDS_MAX
) -> Answer:
    """Send a message and return what came back, or why nothing did; it never takes much longer than it may."""
    began = time.monotonic()
    try:
        answer = _post(url, headers=headers, body=body, allows_private=allows_private, seconds_max=seconds_max)
    except AddressRefused as refusal:
        answer = Answer(fault=refusal.code)
    except ssl.SSLError:
        answer = Answer(fault="certificate_wrong")
    except (OSError, http.client.HTTPException):
        answer = Answer(fault="too_slow" if time.monotonic() - began >= seconds_max else "connection_failed")
    duration_ms = round((time.monotonic() - began) * 1000)
    return Answer(status=answer.status, text=answer.text, fault=answer.fault, duration_ms=duration_ms)


def _post(url: str, *, headers: Mapping[str, str], body: str, allows_private: bool, seconds_max: float) -> Answer:
    scheme, host, port, path = check_url(url, allows_private=allows_private)
    address = _look_up(host, port, allows_private=allows_private)
    connection = _Pinned(host, port, address=address, is_tls=scheme == "https", timeout=seconds_max)
    # A timeout counts from one byte to the next; this one counts for the whole.
    watch = threading.Timer(seconds_max, connection.hang_up)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", path, body=body.encode(), headers=dict(headers))
        response = connection.getresponse()
        text = response.read(ANSWER_KEPT).decode(errors="replace")
        return Answer(status=response.status, text=text.replace("\0", "\ufffd"))
    finally:
        watch.cancel()
        connection.close()


def _look_up(host: str, port: int, *, allows_private: bool) -> str:
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise AddressRefused("host_unknown") from error
    if not allows_private and not all(is_public(address) for address in found):
        raise AddressRefused("address_private")
    return found[0]
