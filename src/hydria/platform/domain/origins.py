"""Where a request came from, as people say it: an address and a device."""

from __future__ import annotations

from dataclasses import dataclass

# The first that is found counts: browsers name their ancestors as well.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
DEVICE_LETTERS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The address and the device that a request came from; empty where it is not known."""

    address: str = ""
    device: str = ""


def name_device(user_agent: str) -> str:
    """
    Name the browser and the system behind a `User-Agent`; what is neither is named by its first word.

    >>> name_device("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    'Firefox, Linux'
    >>> name_device("curl/8.5.0"), name_device("")
    ('curl/8.5.0', '')
    """
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, found)) or "".join(user_agent.split()[:1])[:DEVICE_LETTERS_MAX]
