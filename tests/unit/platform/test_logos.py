from __future__ import annotations

import struct

import pytest

from hydria.platform.documents.logos import NotALogo, read_logo

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


class TestReadLogo:
    def test_takes_shapes_as_they_are(self):
        drawing = SVG.format('<defs><path id="a" d="M0 0"/></defs><use href="#a" fill="url(#b)"/>')

        assert read_logo(drawing.encode()) == drawing

    def test_wraps_a_picture_into_a_drawing(self):
        assert 'viewBox="0 0 64 32"' in read_logo(png(64, 32))

    @pytest.mark.parametrize(
        "inside",
        [
            "<script>alert(1)</script>",
            '<rect onload="alert(1)"/>',
            "<foreignObject/>",
            '<image href="https://example.org/x.png"/>',
            '<use href="https://example.org/x.svg#a"/>',
            '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="javascript:alert(1)"/>',
            '<rect fill="url(https://example.org/x)"/>',
            "<style>@import 'https://example.org/x.css'</style>",
        ],
    )
    def test_refuses_what_is_more_than_shapes(self, inside):
        with pytest.raises(NotALogo, match="svg_unsafe"):
            read_logo(SVG.format(inside).encode())

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"GIF89a", "format_unknown"),
            (b"<html/>", "format_unknown"),
            (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;").encode(), "format_unknown"),
            (png(9_999, 10), "picture_too_large"),
            (b" " * 300_001, "too_large"),
        ],
    )
    def test_says_why_a_file_is_none(self, content, why):
        with pytest.raises(NotALogo, match=why):
            read_logo(content)
