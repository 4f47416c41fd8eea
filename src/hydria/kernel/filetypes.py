"""What a file really is: told by its first bytes, never by its name or by what the browser says."""

from __future__ import annotations

SIZE_BYTES_MAX = 10 * 1024 * 1024
"""Ten megabytes hold a scanned contract of fifty pages, or any photograph of a telephone."""


def sniff(content: bytes) -> str | None:
    """
    Return the media type of a file that browsers show without running anything in it, or None for all others.

    >>> sniff(b"%PDF-1.7 ..."), sniff(b"<svg onload='...'>")
    ('application/pdf', None)
    """
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None
