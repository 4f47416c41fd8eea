"""Take a company's logo in: an SVG drawing that carries nothing but shapes, or a PNG picture wrapped into one."""

from __future__ import annotations

import base64
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

SIZE_BYTES_MAX = 300_000
SIDE_MAX = 3_000
_SVG = "{http://www.w3.org/2000/svg}"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# Shapes, their groups and their paint. Scripts, foreign markup, fonts and anything fetched have no place on paper.
_ELEMENTS = frozenset(
    "svg g defs title desc path rect circle ellipse line polyline polygon use symbol clipPath mask pattern"
    " linearGradient radialGradient stop text tspan style".split()
)


class NotALogo(ValueError):
    """The file cannot be a logo; its argument says why: too_large, format_unknown, svg_unsafe or picture_too_large."""


def read_logo(content: bytes) -> str:
    """
    Return a logo as SVG text.

    :raises NotALogo: if it is neither a harmless SVG drawing nor a PNG picture of a sane size.
    """
    if len(content) > SIZE_BYTES_MAX:
        raise NotALogo("too_large")
    if content.startswith(_PNG_MAGIC):
        return _wrap_png(content)
    try:
        root = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise NotALogo("format_unknown") from error
    if root.tag != f"{_SVG}svg":
        raise NotALogo("format_unknown")
    if not all(_is_harmless(element) for element in root.iter()):
        raise NotALogo("svg_unsafe")
    return content.decode("utf-8", errors="strict")


def _is_harmless(element: Element) -> bool:
    name = element.tag.removeprefix(_SVG) if isinstance(element.tag, str) else ""
    if element.tag.startswith("{") and not element.tag.startswith(_SVG):
        return True  # an editor's own notes, which nothing draws
    values = [*element.attrib.values(), element.text or ""]
    return (
        name in _ELEMENTS
        and not any(_local(key).startswith("on") for key in element.attrib)
        and all(value.startswith("#") for key, value in element.attrib.items() if _local(key) == "href")
        and not any("@import" in value or "url(" in value.replace("url(#", "") for value in values)
    )


def _local(key: str) -> str:
    return key.rpartition("}")[2].lower()


def _wrap_png(content: bytes) -> str:
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if content[12:16] != b"IHDR" or not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise NotALogo("picture_too_large")
    data = base64.b64encode(content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>'
    )
