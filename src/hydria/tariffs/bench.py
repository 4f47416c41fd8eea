"""
Measure the rating engine against bare NumPy (`hydria bench rate`).

The floor is the same bill written by hand for exactly one tariff: int64 clips and products, one rounding a line. It
checks nothing, knows no dates, and would be wrong for any other tariff; it is the fastest this machine could be.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.evaluation import Words
from hydria.tariffs.domain.form import Input, Kind
from hydria.tariffs.domain.rating import RatedBatch, rate

EDGES_M3 = (0, 5, 10, 20, 30, 50, 80, 120)
PRICES = ("8.50", "11.25", "14.75", "19.90", "26.40", "33.15", "41.80", "52.65")
SEWER_PERCENT, TAX_PERCENT = 35, 18
_REPEATS = 3


def tariff_text() -> str:
    """Return the tariff that is measured: eight blocks, sewer as a percentage, tax on both."""
    blocks = "\n".join(
        f"      - {{from: {edge}, price: {price}}}" for edge, price in zip(EDGES_M3, PRICES, strict=True)
    )
    return f"""\
tariff: bench
currency: DOP
unit: m3
inputs:
  usage: {{unit: m3}}
charges:
  - charge: water
    shape: blocks
    blocks:
{blocks}
  - charge: sewer
    shape: percent
    percent: {SEWER_PERCENT}
    of: [water]
  - charge: tax
    shape: percent
    percent: {TAX_PERCENT}
    of: [water, sewer]
"""


def floor(volume_l: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the totals in cents, by hand; the whole batch at once, as one would first write it."""
    edges_l = np.array(EDGES_M3) * 1000
    ceilings_l = np.append(edges_l[1:], 2**40)
    prices_minor = [round(float(price) * 100) for price in PRICES]
    amount = np.zeros_like(volume_l)  # thousandths of a cent
    for edge, ceiling, price in zip(edges_l, ceilings_l, prices_minor, strict=True):
        amount += (np.clip(volume_l, edge, ceiling) - edge) * price
    water = (amount + 500) // 1000
    sewer = (water * SEWER_PERCENT + 50) // 100
    tax = ((water + sewer) * TAX_PERCENT + 50) // 100
    return np.asarray(water + sewer + tax)


def measure(*, account_count: int = 1_000_000) -> dict[str, Any]:
    """Rate many accounts, one account, and ten times fewer; return figures for `hydria bench rate`."""
    volume_l = np.random.default_rng(7).integers(0, 160_000, account_count)
    tariff = compile_tariff(tariff_text(), name="bench")
    usage = Exact.of_integers(volume_l, denominator=1000)
    few = Exact.of_integers(volume_l[: account_count // 10], denominator=1000)
    one = Exact.of_integers(volume_l[:1], denominator=1000)
    floor_seconds, by_hand = _best(lambda: floor(volume_l))
    seconds, batch = _best(lambda: _rate_all(tariff, {"usage": usage}))
    assert (batch.total_minor == by_hand).all(), "the engine and the floor have to agree"
    few_seconds, _ = _best(lambda: _rate_all(tariff, {"usage": few}))
    one_seconds, _ = _best(lambda: _rate_all(tariff, {"usage": one}))
    explained_seconds, texts = _best(lambda: _explain_whole_m3(tariff, volume_l), repeats=1)
    kept_bytes = sum(_bytes(line.amount) + _bytes(line.exact) + line.applies.nbytes for line in batch.lines)
    figures = [
        _figure("rate", seconds, "s", floor_seconds),
        _figure("accounts_per_second_and_core", account_count / seconds, "1/s"),
        _figure("one_account", one_seconds * 1000, "ms"),
        _figure("growth_for_ten_times_the_accounts", seconds / few_seconds, "x", 10),
        _figure("kept_per_account", kept_bytes / account_count, "bytes"),
        _figure("explanations_written", len(texts) / explained_seconds, "1/s"),
        _figure("peak_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB"),
    ]
    return {"figures": [*figures, *_gallery_figures(account_count)], "accounts": account_count}


def _explain_whole_m3(tariff: CompiledTariff, volume_l: NDArray[np.int64]) -> list[str]:
    """Write every explanation of readings in whole cubic metres, as most meters are read."""
    batch = rate(tariff, inputs={"usage": volume_l // 1000})
    return [text for line in range(len(batch.lines)) for text in batch.explanations(line)]


def _gallery_figures(account_count: int) -> list[dict[str, Any]]:
    """Rate the gallery's most complicated tariff for accounts made by repeating its own cases."""
    gallery = Path(__file__).parent / "gallery"
    tariffs = [compile_tariff(path.read_text("utf-8"), name=path.stem) for path in sorted(gallery.glob("*.yaml"))]
    if not tariffs:
        return []
    hardest = max(tariffs, key=lambda tariff: sum(len(charge.values) for charge in tariff.charges))
    rows = np.arange(account_count) % len(hardest.form.cases)
    inputs = {entry.name: _column(hardest, entry, rows) for entry in hardest.inputs}
    seconds, _ = _best(lambda: _rate_all(hardest, inputs), repeats=1)
    return [_figure(f"gallery_{hardest.name}", account_count / seconds, "1/s")]


def _column(tariff: CompiledTariff, entry: Input, rows: NDArray[np.intp]) -> Exact | Words:
    """Repeat what the cases give for an input, as columns that are ready to rate."""
    texts = [case.inputs.get(entry.name) or entry.default or "0" for case in tariff.form.cases]
    if entry.kind is Kind.NUMBER:
        return Exact.of_fractions([Fraction(text) for text in texts]).take(rows)
    return Words(rows, tuple(texts))


def _rate_all(tariff: CompiledTariff, inputs: Mapping[str, Any]) -> RatedBatch:
    """Rate, and ask for every line and the total in minor units, as a billing run does."""
    batch = rate(tariff, inputs=inputs)
    assert len(batch.total_minor) == sum(len(line.amount_minor) for line in batch.lines) // len(batch.lines)
    return batch


def _bytes(column: Exact) -> int:
    parts = (column.numerators.values, column.denominators.values)
    return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def _best(work: Callable[[], Any], *, repeats: int = _REPEATS) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def _figure(name: str, value: float, unit: str, floor_value: float | None = None) -> dict[str, Any]:
    ratio = None if floor_value is None else round(value / floor_value, 3)
    return {
        "name": name,
        "value": float(f"{value:.4g}"),
        "unit": unit,
        "floor": None if floor_value is None else float(f"{floor_value:.4g}"),
        "ratio_to_floor": ratio,
    }
