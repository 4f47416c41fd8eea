"""Make tariffs for tests: small ones by hand, and random ones over the whole form."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.form import number_text
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.rating import rate

INPUTS: dict[str, Any] = {
    "usage": {},
    "days": {"default": "30"},
    "units": {},
    "size": {"values": ["15", "20", '1 1/2"']},
    "zone": {"values": ["north", "south"]},
    "sewer": {"values": ["true", "false"]},
}


def tariff_of(*charges: dict[str, Any], **header: Any) -> CompiledTariff:
    """Compile a tariff with the standard inputs and these charges."""
    plain = {"tariff": "test", "currency": "DOP", "unit": "m3", "inputs": INPUTS, "charges": list(charges), **header}
    return compile_tariff(write_plain(plain), name="test")


def first_line_of(charge: dict[str, Any], **inputs: Any) -> list[Fraction]:
    """Return the amount of one charge for columns of inputs."""
    row_count = max((len(column) for column in inputs.values()), default=1)
    batch = rate(tariff_of({"charge": "tested", **charge}), inputs=inputs)
    assert not batch.fault.any(), batch.faults
    return batch.lines[0].amount.to_fractions(row_count)


def blocks(*bands: tuple[str, str]) -> list[dict[str, str]]:
    """Return bands from (edge, price) pairs."""
    return [{"from": edge, "price": price} for edge, price in bands]


# Random tariffs

numbers = st.builds(lambda n, places: number_text(Fraction(n, 10**places)), st.integers(-300, 3000), st.integers(0, 4))
positives = st.builds(lambda n, places: number_text(Fraction(n, 10**places)), st.integers(0, 5000), st.integers(0, 4))
quantities = st.builds(
    lambda n, places: number_text(Fraction(n, 10**places)), st.integers(0, 90_000), st.integers(0, 3)
)
_NUMBER_NAMES = ["usage", "days", "units"]


def formulas(names: list[str]) -> st.SearchStrategy[str]:
    """Draw formulas over the number inputs, some derived amounts and earlier charges."""
    leaf = st.one_of(positives, st.sampled_from(_NUMBER_NAMES + names))
    return st.recursive(leaf, lambda part: st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from("+-*/"), part),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), part, part),
        st.builds("{}({})".format, st.sampled_from(
            ["abs", "ceil", "floor", "truncate", "round_half_up", "round_half_even"]), part),
        st.builds("round_half_up({}, {})".format, part, st.integers(-1, 3)),
        st.builds("({} if {} else {})".format, part, conditions(part), part),
        st.builds("-{}".format, part),
    ), max_leaves=6)  # fmt: skip


def conditions(part: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Draw conditions over all inputs."""
    part = part if part is not None else st.one_of(positives, st.sampled_from(_NUMBER_NAMES))
    simple = st.one_of(
        st.builds("{} {} {}".format, part, st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]), part),
        st.sampled_from(
            [
                "sewer",
                "not sewer",
                "zone == 'north'",
                "zone != 'south'",
                "size in ['15', 20.0]",
                "size not in ['20']",
                "5 < usage <= 25.5",
                "usage in [0, 10, '20']",
            ]
        ),
    )
    return st.one_of(simple, st.builds("({} {} {})".format, simple, st.sampled_from(["and", "or"]), simple))


def values(names: list[str], leaf: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw numbers, formulas, tables and dated values, and mixtures of them."""
    plain = leaf if leaf is not None else st.one_of(numbers, formulas(names))
    by_size = st.builds(lambda a, b, d: {"by": "size", "rows": {"15": a, "20.0": b}, "default": d}, plain, plain, plain)
    by_two = st.builds(
        lambda a, b, c: {"by": ["zone", "sewer"], "rows": [["north", "true", a], ["north", "*", b], ["*", "*", c]]},
        plain, plain, plain)  # fmt: skip
    by_number = st.builds(lambda a, b: {"by": "units", "rows": [["1", a], ["2.0", a], ["*", b]]}, plain, plain)
    holes = st.builds(lambda a: {"by": "size", "rows": {"15": a}}, plain)
    flat = st.one_of(plain, by_size, by_two, by_number, holes)
    dated = st.builds(lambda a, b, c: {"2025-01-01": a, "2025-06-15": b, "2026-01-01": c}, flat, flat, flat)
    return st.one_of(flat, dated)


@st.composite
def charges(draw: st.DrawFn, label: str, names: list[str]) -> dict[str, Any]:
    """Draw one charge of any shape; `names` are the charges before it."""
    shape = draw(st.sampled_from(
        ["fixed", "uniform", "blocks", "whole", "flat", "base_excess", "percent", "formula"] if names else
        ["fixed", "uniform", "blocks", "whole", "flat", "base_excess", "formula"]))  # fmt: skip
    value = values(names)
    made: dict[str, Any] = {"charge": label, "shape": shape}
    if shape == "fixed":
        made["amount"] = draw(value)
    elif shape == "formula":
        made["formula"] = draw(value)
    elif shape == "percent":
        made |= {"percent": draw(value), "of": draw(st.lists(st.sampled_from(names), min_size=1, unique=True))}
    else:
        made["quantity"] = draw(st.one_of(st.just("usage"), st.just("usage / units"), st.just("max(usage, 12.5)")))
        if shape == "uniform":
            made["price"] = draw(value)
        else:
            made |= draw(banded(shape, value))
    for name in ("times", "at_least", "at_most"):
        if draw(st.integers(0, 5)) == 0:
            made[name] = draw(st.one_of(positives, st.just("days / 30")))
    if draw(st.integers(0, 3)) == 0:
        made["only_if"] = draw(conditions())
    if draw(st.integers(0, 5)) == 0:
        made["rounding"] = draw(roundings())
    if draw(st.integers(0, 5)) == 0:
        made["memo"] = "true"
    if draw(st.integers(0, 7)) == 0:
        made["from"] = "2025-03-10"
    if draw(st.integers(0, 7)) == 0:
        made["until"] = "2025-12-20"
    return made


@st.composite
def banded(draw: st.DrawFn, shape: str, value: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw the bands of a shape, as rows or as columns."""
    count = draw(st.integers(1, 4))
    edges = sorted(draw(st.lists(st.integers(1, 60), min_size=count - 1, max_size=count - 1)))
    texts = ["0", *(draw(st.sampled_from([str(edge), f"{edge}.5", f"{edge} * units"])) for edge in edges)]
    rate_name = "amount" if shape == "flat" else "price"
    rows = [{"from": text, rate_name: draw(value)} for text in texts]
    if shape == "base_excess":
        rows = [row | {"base": draw(positives)} for row in rows]
    where = "blocks" if shape == "blocks" else "bands"
    made: dict[str, Any] = {where: rows}
    if shape != "base_excess" and draw(st.booleans()):
        lists = st.lists(positives, min_size=count, max_size=count)
        made = {where: {"from": texts, rate_name: draw(values([], leaf=lists))}}
    if draw(st.integers(0, 3)) == 0:
        made["edges_times"] = draw(st.sampled_from(["units", "days / 30", "2"]))
    return made


def roundings() -> st.SearchStrategy[Any]:
    """Draw roundings of every mode, by places and by step."""
    modes = st.sampled_from(["half_up", "half_even", "up", "down", "floor", "ceiling"])
    return st.one_of(
        st.just("none"),
        st.builds(lambda places, mode: {"places": str(places), "mode": mode}, st.integers(-1, 4), modes),
        st.builds(lambda step, mode: {"step": step, "mode": mode}, st.sampled_from(["0.05", "5", "0.25"]), modes),
    )


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a whole tariff, sometimes with classes."""
    derived = {"factor": draw(values([])), "share": draw(formulas(["factor"]))}
    labels: list[str] = []
    common = []
    for index in range(draw(st.integers(1, 4))):
        common.append(draw(charges(f"c{index}", [*labels])))
        labels.append(f"c{index}")
    made: dict[str, Any] = {"tariff": "random", "currency": "DOP", "unit": "m3", "inputs": dict(INPUTS)}
    made["rounding"] = {"line": draw(roundings())}
    if draw(st.booleans()):
        made["rounding"]["total"] = draw(roundings().filter(lambda rounding: rounding != "none"))
    made |= {"derived": derived, "charges": common}
    if draw(st.integers(0, 2)) == 0:
        made["classes_by"] = "zone"
        made["classes"] = {
            "north": {"derived": {"own": draw(formulas(["factor"]))}, "charges": [draw(charges("n", labels))]},
            "south": {"charges": [draw(charges("n", labels))]},
        }
    return made


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, str | None]:
    """Draw the inputs of one account; now and then one is missing or unknown."""
    odd = draw(st.integers(0, 12))
    return {
        "usage": None if odd == 0 else draw(quantities),
        "days": draw(st.sampled_from(["28", "30", "31", "45", ""])),
        "units": draw(st.sampled_from(["0", "1", "2", "3", "7"])),
        "size": "99" if odd == 1 else draw(st.sampled_from(["15", "15.0", "20", '1 1/2"'])),
        "zone": draw(st.sampled_from(["north", "south"])),
        "sewer": "" if odd == 2 else draw(st.sampled_from(["true", "false"])),
    }
