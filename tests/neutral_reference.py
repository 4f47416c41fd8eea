"""
Bill a tariff in the neutral interchange form by its published meaning alone, and draw random ones.

Nothing of the product is used: formulas are read by Python's own parser and worked out in fractions, so a test that
compares the converted tariff with this reading compares two programs that share only the text.
"""

from __future__ import annotations

import ast
import operator
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

Inputs = dict[str, str]

_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_ORDER = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
_WHOLE = {
    "ceil": "ceiling", "floor": "floor", "truncate": "down", "round_half_up": "half_up", "round_half_even": "half_even",
}  # fmt: skip


class NoBillError(Exception):
    """The neutral form calls the inputs wrong: no row of a table fits and there is no default, or a division by 0."""


def plain_of(text: Any) -> Any:
    """Return what a text means: a number, a truth or itself."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return Fraction(text) if "/" not in str(text) else text
    except ValueError:
        return text


def rounded(amount: Fraction, rule: Any) -> Fraction:
    """Round by `{places, mode}`, `{step, mode}` or `none`."""
    if rule == "none":
        return amount
    step = Fraction(rule["step"]) if "step" in rule else Fraction(1, 10 ** int(rule["places"]))
    below, rest = divmod(amount, step)
    is_up = {
        "floor": False,
        "ceiling": rest > 0,
        "down": rest > 0 > amount,
        "up": rest > 0 < amount,
        "half_up": rest * 2 > step or (rest * 2 == step and amount > 0),
        "half_even": rest * 2 > step or (rest * 2 == step and below % 2 == 1),
    }[rule["mode"]]
    return (below + is_up) * step


def bill(tariff: dict[str, Any], inputs: Inputs) -> tuple[dict[str, Fraction], Fraction]:
    """Return the lines on the bill and the total."""
    reader = _Reader({name: plain_of(text) for name, text in inputs.items()})
    parameters = tariff["parameters"]
    for derived in parameters.get("derived", []):
        reader.known[derived["name"]] = reader.value(derived["value"])
    lines: dict[str, Fraction] = {}
    for line in parameters["lines"]:
        reader.known[line["label"]] = Fraction(0)
    for line in parameters["lines"]:
        if "only_if" in line and not reader.value(line["only_if"]):
            continue
        amount = rounded(reader.amount(line, lines), line.get("round", tariff["rounding"]["line"]))
        reader.known[line["label"]] = lines[line["label"]] = amount
    shown = {line["label"]: lines[line["label"]] for line in parameters["lines"]
             if line["label"] in lines and not line.get("memo")}  # fmt: skip
    return shown, rounded(sum(shown.values(), Fraction(0)), tariff["rounding"].get("total", "none"))


class _Reader:
    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def amount(self, line: dict[str, Any], lines: dict[str, Fraction]) -> Fraction:
        kind = line["type"]
        quantity = self.value(line.get("quantity", "usage"))
        if kind == "fixed":
            amount = self.value(line["amount"])
        elif kind == "unit_price":
            amount = self.value(line["price"]) * quantity
        elif kind == "formula":
            amount = self.value(line["formula"])
        elif kind == "percent":
            amount = self.value(line["percent"]) / 100 * sum(lines.get(label, 0) for label in line["of"])
        elif kind == "base_plus_excess":
            bands = self.row_of(line["bands"]) if isinstance(line["bands"], dict) else line["bands"]
            band = next(band for band in bands if "upto" not in band or quantity <= self.value(band["upto"]))
            amount = self.value(band["base"]) + (quantity - self.value(band["over"])) * self.value(band["excess_price"])
        else:
            amount = self.banded(line, kind, quantity)
        return amount * self.value(line.get("times", "1"))

    def banded(self, line: dict[str, Any], kind: str, quantity: Fraction) -> Fraction:
        limits = [limit * self.value(line.get("limits_times", "1")) for limit in self.values(line["limits"])]
        rates = self.values(line["amounts" if kind == "band_amount" else "prices"])
        if kind != "blocks":
            rate = next((rate for limit, rate in zip(limits, rates, strict=False) if quantity <= limit), rates[-1])
            return rate if kind == "band_amount" else rate * quantity
        amount = start = Fraction(0)
        for limit, price in zip([*limits, quantity], rates, strict=True):
            end = min(limit, quantity)
            amount += max(end - start, Fraction(0)) * price
            start = max(start, end)
        return amount

    def values(self, node: Any) -> list[Fraction]:
        return [self.value(item) for item in (self.row_of(node) if isinstance(node, dict) else node)]

    def row_of(self, table: dict[str, Any]) -> Any:
        for row in table["rows"]:
            if all(self.known[name] == plain_of(word) for name, word in row["when"].items()):
                return row["value"]
        if "default" not in table:
            raise NoBillError
        return table["default"]

    def value(self, node: Any) -> Any:
        if isinstance(node, dict):
            return self.value(self.row_of(node))
        return self.work_out(ast.parse(node, mode="eval").body)

    def work_out(self, node: Any) -> Any:
        match node:
            case ast.Constant(str() as word):
                return plain_of(word)
            case ast.Constant():
                return Fraction(ast.unparse(node))
            case ast.Name(name):
                return self.known[name] if name in self.known else plain_of(name)
            case ast.UnaryOp(ast.Not(), operand):
                return not self.work_out(operand)
            case ast.UnaryOp(ast.USub(), operand):
                return -self.work_out(operand)
            case ast.BinOp(left, sign, right):
                divisor = self.work_out(right)
                if isinstance(sign, ast.Div) and divisor == 0:
                    raise NoBillError
                return _ARITHMETIC[type(sign)](self.work_out(left), divisor)
            case ast.BoolOp(joint, parts):
                return (all if isinstance(joint, ast.And) else any)(self.work_out(part) for part in parts)
            case ast.IfExp(condition, then, otherwise):
                return self.work_out(then if self.work_out(condition) else otherwise)
            case ast.Compare(left, [sign, *signs], [right, *rights]):
                rest = ast.Compare(right, signs, rights)
                return self.compare(sign, self.work_out(left), right) and (not signs or self.work_out(rest))
            case ast.Call(ast.Name("min" | "max" | "abs" as name), arguments):
                return {"min": min, "max": max, "abs": abs}[name](*(self.work_out(part) for part in arguments))
            case ast.Call(ast.Name(name), [argument]):
                return rounded(self.work_out(argument), {"step": 1, "mode": _WHOLE[name]})
        raise AssertionError(ast.dump(node))

    def compare(self, sign: ast.cmpop, left: Any, right: Any) -> bool:
        if isinstance(sign, ast.In | ast.NotIn):
            return any(left == self.work_out(item) for item in right.elts) == isinstance(sign, ast.In)
        other = self.work_out(right)
        if isinstance(sign, ast.Eq | ast.NotEq):
            return (left == other) == isinstance(sign, ast.Eq)
        return bool(_ORDER[type(sign)](left, other))


# Random neutral tariffs

INPUTS: dict[str, Any] = {
    "usage": {"type": "number", "unit": "m3"},
    "days": {"type": "number"},
    "units": {"type": "number"},
    "month": {"values": [str(month) for month in range(1, 13)]},
    "size": {"values": ["15", "20", '1 1/2"', "5/8"]},
    "zone": {"values": ["north", "Λόφος"]},
    "late": {"values": ["true", "false"]},
}
LABELS = ["water", "sewer fee", "τέλος", "Cargo Fijo", "tax", "levy-2"]
_KEYS = {"month": "7", "size": "20.0", "zone": "Λόφος", "late": "true", "units": "2"}

_numbers = st.decimals(0, 60, places=3).map(str)
_plain = st.one_of(_numbers, st.sampled_from(["usage", "days", "units", "d0"]))
_conditions = st.sampled_from([
    "late", "not late", "zone == 'north'", 'zone not in ["north"]', "month in [6, 7, 8]", "size != '5/8'", "size == 20",
    "10 < usage <= 40", "usage >= 20.5 and late", "days == 30 or units > 2", "not (late or usage < 5)",
])  # fmt: skip
formulas = st.recursive(_plain, lambda part: st.one_of(
    st.builds("({} {} {})".format, part, st.sampled_from("+-*"), part),
    st.builds("{} / {}".format, part, st.sampled_from(["3", "30", "units"])),
    st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), part, part),
    st.builds("{}({})".format, st.sampled_from([*_WHOLE, "abs"]), part),
    st.builds("({} if {} else {})".format, part, _conditions, part),
    st.builds("-({})".format, part),
), max_leaves=5)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, leaf: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw a lookup by one to three names, often with rows that leave some of them open."""
    names = draw(st.lists(st.sampled_from(list(_KEYS)), min_size=1, max_size=3, unique=True))
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        words = {name: draw(st.sampled_from([_KEYS[name], *INPUTS[name].get("values", ["1", "3"])])) for name in chosen}
        rows.append({"when": words, "value": draw(leaf)})
    return {"lookup": names, "rows": rows} | ({"default": draw(leaf)} if draw(st.integers(0, 5)) else {})


def values() -> st.SearchStrategy[Any]:
    """Draw a number, a formula or a table of them."""
    single = st.one_of(_numbers, formulas)
    return st.one_of(single, single, tables(single))


@st.composite
def lines(draw: st.DrawFn, label: str) -> dict[str, Any]:
    """Draw one line of any type with any of its options."""
    line: dict[str, Any] = {"label": label, "type": draw(st.sampled_from([
        "fixed", "unit_price", "blocks", "whole_band", "band_amount", "base_plus_excess", "percent", "formula"]))}  # fmt: skip
    kind = line["type"]
    if kind in ("fixed", "unit_price", "formula"):
        line[{"fixed": "amount", "unit_price": "price", "formula": "formula"}[kind]] = draw(values())
    elif kind == "percent":
        line |= {"percent": draw(values()), "of": draw(st.lists(st.sampled_from([*LABELS, "nowhere"]), min_size=1))}
    elif kind == "base_plus_excess":
        line["bands"] = draw(st.one_of(_bands(), tables(_bands())))
    else:
        count = draw(st.integers(0, 3))
        limits = st.lists(_numbers, min_size=count, max_size=count).map(lambda drawn: sorted(drawn, key=float))
        rates = st.lists(st.one_of(_numbers, formulas), min_size=count + 1, max_size=count + 1)
        line["limits"] = draw(st.one_of(limits, tables(limits))) if count else []
        line["amounts" if kind == "band_amount" else "prices"] = draw(st.one_of(rates, tables(rates)))
        line |= draw(st.sampled_from([{}, {}, {"limits_times": "units"}, {"limits_times": "days / 30"}]))
    line |= draw(st.sampled_from([{}, {}, {"quantity": "max(usage, 10)"}, {"quantity": "usage / units"}]))
    line |= draw(st.sampled_from([{}, {}, {}, {"times": "units"}, {"times": "0.5"}]))
    line |= draw(st.sampled_from([{}, {}, {}, {"memo": "true"}, {"round": "none"}, {"round": draw(roundings)}]))
    return line | draw(st.one_of(st.just({}), _conditions.map(lambda condition: {"only_if": condition})))


@st.composite
def _bands(draw: st.DrawFn) -> list[dict[str, str]]:
    ends = sorted({str(end) for end in draw(st.lists(st.integers(1, 60), max_size=3))}, key=int)
    bands = []
    for over, upto in zip(["0", *ends], [*ends, None], strict=True):
        band = {"over": over, "base": draw(_numbers), "excess_price": draw(_numbers)}
        bands.append(band | ({"upto": upto} if upto else {}))
    return bands


modes = st.sampled_from(["half_up", "half_even", "up", "down", "floor", "ceiling"])
roundings = st.builds(lambda places, mode: {"places": str(places), "mode": mode}, st.integers(0, 3), modes)
_totals = st.one_of(
    st.just({}),
    roundings.map(lambda rule: {"total": rule}),
    st.builds(lambda step, mode: {"total": {"step": step, "mode": mode}}, st.sampled_from(["0.05", "10"]), modes),
)


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a neutral tariff with up to four lines."""
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4, unique=True))
    first = st.one_of(_numbers, tables(_numbers), st.just("usage * 2"))
    return {
        "id": "random", "title": "Random", "currency": "USD", "unit": "m3", "rule": "Drawn at random.",
        "rounding": {"line": draw(roundings)} | draw(_totals), "inputs": INPUTS,
        "parameters": {"derived": [{"name": "d0", "value": draw(first)}],
                       "lines": [draw(lines(label)) for label in labels]},
    }  # fmt: skip


accounts = st.fixed_dictionaries({
    "usage": st.one_of(st.decimals(0, 90, places=3).map(str), st.sampled_from(["0", "10", "20", "40"])),
    "days": st.sampled_from(["0", "15", "30", "61"]),
    "units": st.sampled_from(["1", "2", "3", "7"]),
    **{name: st.sampled_from(entry["values"]) for name, entry in INPUTS.items() if "values" in entry},
})  # fmt: skip
