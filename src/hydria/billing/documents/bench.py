"""
Measure printing against bare Typst (`hydria bench pdf`).

The floor compiles the same pages from the same template with a compiler of its own, from data spelled beforehand:
no cards, no words, no barcodes to draw. Every measurement prints invoices nobody has printed before, because Typst
remembers what it has already laid out and would look several times faster.
"""

from __future__ import annotations

import datetime
import itertools
import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import typst

from hydria.billing.documents import invoice
from hydria.billing.documents.card import InvoiceCard
from hydria.billing.documents.sample import sample_card
from hydria.platform.documents import compiler

_REPEATS = 3
_PRINTED_AT = datetime.datetime(2026, 11, 3, tzinfo=datetime.UTC)
_numbers = itertools.count(1)


def measure(*, page_count: int = 100) -> list[dict[str, Any]]:
    """Print batches and single invoices, and the same batches by bare Typst; return figures for `hydria bench pdf`."""
    single_count = max(page_count // 10, 1)
    bare = typst.Compiler(
        input=str(compiler.PACKAGE_DIR / invoice.TEMPLATE),
        root=str(compiler.PACKAGE_DIR),
        font_paths=[str(compiler.FONTS_DIR)],
        ignore_system_fonts=True,
    )
    batch, floor, single, sizes = [], [], [], []
    for _ in range(_REPEATS):
        ready = json.dumps([invoice.build_data(card) for card in _fresh_cards(page_count)], ensure_ascii=False)
        floor.append(page_count / _seconds(lambda: _compile(bare, ready)))  # noqa: B023  # called at once
        cards = _fresh_cards(page_count)
        batch.append(page_count / _seconds(lambda: sizes.append(_print_batch(cards))))  # noqa: B023  # called at once
        cards = _fresh_cards(single_count)
        single.append(single_count / _seconds(lambda: _print_singly(cards)))  # noqa: B023  # called at once
    floor_rate, batch_rate, single_rate = map(statistics.median, (floor, batch, single))
    return [
        _figure("pages_per_second_in_batches", batch_rate, "1/s", floor=floor_rate),
        _figure("pages_per_second_one_file_each", single_rate, "1/s", floor=floor_rate),
        _figure("bytes_per_page_in_batches", sizes[0] / page_count, "bytes"),
        _figure("peak_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB"),
    ]


def _fresh_cards(count: int) -> list[InvoiceCard]:
    return [sample_card(next(_numbers)) for _ in range(count)]


def _compile(bare: typst.Compiler, documents: str) -> None:
    bare.compile(sys_inputs={"documents": documents}, format="pdf", pdf_standards=compiler.STANDARDS, timestamp=0)


def _print_batch(cards: list[InvoiceCard]) -> int:
    return sum(map(len, invoice.render_invoices(cards=cards, created_at=_PRINTED_AT)))


def _print_singly(cards: list[InvoiceCard]) -> None:
    for card in cards:
        invoice.render_invoice(card=card, created_at=_PRINTED_AT)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _figure(name: str, value: float, unit: str, *, floor: float | None = None) -> dict[str, Any]:
    """Return a figure; the ratio is how many times slower than the floor."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "floor": floor,
        "ratio_to_floor": floor / value if floor else None,
    }
