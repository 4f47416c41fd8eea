"""The Typst compiler behind every document: our fonts only, archive and accessibility standards, repeatable bytes."""

from __future__ import annotations

import datetime
import functools
import json
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typst
from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from typst import PDFStandard

PACKAGE_DIR = Path(__file__).resolve().parents[2]
FONTS_DIR = PACKAGE_DIR.parents[1] / "build" / "fonts"

# Archivable for decades with every character searchable, and readable aloud in the right order.
STANDARDS: list[PDFStandard] = ["a-3a", "ua-1"]

# Spaces and invisible signs of direction, which need no drawing.
_BLANKS = frozenset({"Zs", "Zl", "Zp", "Cf"})
_BYTE_ORDER_MARK = 0xFEFF  # has a place in fonts and none in archivable PDF

# Memory of one compilation grows with its pages: 100 invoices take about 200 MB, 1,000 take 900 MB.
BATCH_SIZE = 100

Data = Mapping[str, object]


def render_pdf(*, template: str, data: Data, created_at: datetime.datetime) -> bytes:
    """
    Render one document as a PDF/A-3a, PDF/UA-1 file.

    template    path of a `.typ` file inside the package, such as "billing/documents/invoice.typ"
    created_at  the instant written into the file; the same arguments give the same bytes

    :raises RuntimeError: if the fonts were not built or the template cannot be compiled.
    """
    return render_together(template=template, documents=[data], created_at=created_at)


def render_batch(
    *, template: str, documents: Iterable[Data], created_at: datetime.datetime, size: int = BATCH_SIZE
) -> Iterator[bytes]:
    """Yield print files of up to `size` documents each, in order; at most one batch is held in memory."""
    remaining = iter(documents)
    while batch := list(islice(remaining, size)):
        yield render_together(template=template, documents=batch, created_at=created_at)


def render_together(*, template: str, documents: Sequence[Data], created_at: datetime.datetime) -> bytes:
    """
    Render documents one after the other into a single file; each starts on a page of its own.

    A character that our fonts lack, as in a name in Arabic, is printed as a question mark: archivable PDF allows no
    blanks, and one such name would hold up every other document of the file.

    :raises RuntimeError: if the fonts were not built or the template cannot be compiled.
    """
    inputs = {"documents": json.dumps(_drawable(documents), ensure_ascii=False)}
    compiler, lock = _compiler(template)
    with lock:
        pdf = compiler.compile(
            sys_inputs=inputs, format="pdf", pdf_standards=STANDARDS, timestamp=int(created_at.timestamp())
        )
    assert isinstance(pdf, bytes)
    return pdf


def _drawable(value: object) -> object:
    """Return plain data with its texts composed (one letter for e and accent) and spelled in what our fonts draw."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value).translate(_drawn())
        case Mapping():
            return {name: _drawable(part) for name, part in value.items()}
        case Sequence():
            return [_drawable(part) for part in value]
    return value


class _Drawn(dict[int, str]):
    """How each character is printed, worked out when it is first met."""

    def __init__(self, *, coverage: frozenset[int]) -> None:
        super().__init__({_BYTE_ORDER_MARK: ""})
        self._coverage = coverage

    def __missing__(self, code: int) -> str:
        character = chr(code)
        is_blank = character in "\n\r\t" or unicodedata.category(character) in _BLANKS
        self[code] = character if is_blank or code in self._coverage else "?"
        return self[code]


@functools.cache
def _drawn() -> _Drawn:
    coverages = []
    for face in _fonts().fonts():
        with TTFont(face.path, lazy=True) as font:
            coverages.append(frozenset(font.getBestCmap()))
    return _Drawn(coverage=frozenset.intersection(*coverages))


@functools.cache
def _compiler(template: str) -> tuple[typst.Compiler, threading.Lock]:
    """Return this process's compiler of a template: it keeps fonts and parsed files, and serves one at a time."""
    compiler = typst.Compiler(
        input=str(PACKAGE_DIR / template),
        root=str(PACKAGE_DIR),
        font_paths=_fonts(),
        ignore_system_fonts=True,
    )
    return compiler, threading.Lock()


@functools.cache
def _fonts() -> typst.Fonts:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS_DIR)])
    if "Inter" not in fonts.families():
        raise RuntimeError(f"No document fonts in {FONTS_DIR}; `make setup` builds them.")
    return fonts
