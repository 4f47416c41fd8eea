"""Which addresses a webhook may be sent to: never into the utility's own network, unless the operator says so."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

PORT_MAX = 65_535


class AddressRefused(ValueError):
    """The address of a webhook cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_url(url: str, *, allows_private: bool) -> tuple[str, str, int, str]:
    """
    Take a webhook's URL apart: scheme, host, port and the path with its query.

    >>> check_url("https://erp.example.org/hooks?a=1", allows_private=False)
    ('https', 'erp.example.org', 443, '/hooks?a=1')

    :raises AddressRefused: with code `url_unreadable`, `https_missing` or `url_names_user` (names and passwords in a
        URL end up in logs).
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("url_unreadable") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise AddressRefused("url_unreadable")
    if " " in url or port == 0 or parts.fragment:
        raise AddressRefused("url_unreadable")
    if parts.scheme == "http" and not allows_private:
        raise AddressRefused("https_missing")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("url_names_user")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path


def is_public(address: str) -> bool:
    """
    Tell whether an IP address belongs to the internet at large.

    >>> [is_public(address) for address in ("8.8.8.8", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        # NAT64 leads to the IPv4 address in its last four bytes.
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return found.is_global and not found.is_multicast
