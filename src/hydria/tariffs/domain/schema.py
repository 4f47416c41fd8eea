"""Describe the tariff form as JSON Schema, so that editors complete and check while an author types."""

from __future__ import annotations

from typing import Any

from hydria.kernel.rounding import Mode
from hydria.tariffs.domain.form import Shape
from hydria.tariffs.domain.reading import BAND_FIELDS, SHAPE_FIELDS

_DATE = r"^\d{4}-\d{2}-\d{2}$"
_SCALAR = {"type": ["string", "number", "boolean"]}
_TEXT = {"description": "A text, or one per language.", "anyOf": [_SCALAR, {"type": "object"}]}
_VALUE = {"$ref": "#/$defs/value"}
_FIELD_SCHEMAS: dict[str, dict[str, Any]] = {
    "charge": {"type": "string", "description": "The label: unique, short, stable."},
    "shape": {"enum": [shape.value for shape in Shape]},
    "text": _TEXT,
    "source": {"type": "string", "description": "The article of the law or price list."},
    "from": {"$ref": "#/$defs/date", "description": "The first day on which the charge exists."},
    "until": {"$ref": "#/$defs/date", "description": "The first day on which it no longer exists."},
    "only_if": _VALUE,
    "times": _VALUE,
    "at_least": _VALUE,
    "at_most": _VALUE,
    "rounding": {"$ref": "#/$defs/rounding"},
    "memo": {"type": ["boolean", "string"], "description": "A working figure: usable below, not on the bill."},
    "tax": {"type": "string", "description": "The tax that this line is."},
    "ledger": {"type": "string", "description": "The ledger route, such as revenue.water."},
    "rank": {"type": ["integer", "string"], "description": "Order in which payments settle; lower is first."},
    "unit": {"type": "string"},
    "quantity": _VALUE,
    "amount": _VALUE,
    "price": _VALUE,
    "percent": _VALUE,
    "formula": _VALUE,
    "edges_times": _VALUE,
    "of": {"type": "array", "items": {"type": "string"}},
}


def tariff_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a tariff text."""
    charges = {"type": "array", "items": {"$ref": "#/$defs/charge"}}
    derived = {"type": "object", "additionalProperties": _VALUE}
    group = {"type": "object", "properties": {"derived": derived, "charges": charges}, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hydria tariff",
        "type": "object",
        "required": ["tariff", "currency"],
        "additionalProperties": False,
        "properties": {
            "tariff": {"type": "string"},
            "title": _TEXT,
            **{name: {"type": "string"} for name in ("service", "country", "region", "unit", "billing_period")},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "effective_from": {"$ref": "#/$defs/date"},
            **{name: {"type": "string"} for name in ("source", "law", "notes", "classes_by")},
            "rounding": {
                "type": "object",
                "properties": {"line": {"$ref": "#/$defs/rounding"}, "total": {"$ref": "#/$defs/rounding"}},
                "additionalProperties": False,
            },
            "inputs": {"type": "object", "additionalProperties": {"$ref": "#/$defs/input"}},
            "derived": derived,
            "charges": charges,
            "classes": {"type": "object", "additionalProperties": group},
            "cases": {"type": "array", "items": {"$ref": "#/$defs/case"}},
        },
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    dated = {"type": "object", "patternProperties": {_DATE: {}}, "additionalProperties": False, "minProperties": 1}
    table = {
        "type": "object",
        "required": ["by"],
        "properties": {
            "by": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "rows": {"type": ["array", "object"]},
            "default": {},
        },
        "additionalProperties": False,
    }
    return {
        "date": {"type": "string", "pattern": _DATE},
        "value": {"description": "A number, a formula, a table or a dated value.", "anyOf": [_SCALAR, table, dated]},
        "rounding": {
            "anyOf": [
                {"const": "none"},
                {
                    "type": "object",
                    "properties": {
                        "places": {"type": ["integer", "string"]},
                        "step": {"type": ["number", "string"]},
                        "mode": {"enum": [mode.value for mode in Mode]},
                        "ledger": {"type": "string"},
                    },
                    "additionalProperties": False,
                },
            ]
        },
        "input": {
            "type": ["object", "null"],
            "properties": {
                "values": {"type": "array", "items": _SCALAR, "minItems": 1},
                "unit": {"type": "string"},
                "default": _SCALAR,
                "history": {"type": "string"},
                "also": {"type": "array", "items": {"type": "string"}},
                "text": _TEXT,
            },
            "additionalProperties": False,
        },
        "case": {
            "type": "object",
            "properties": {
                "case": _SCALAR,
                "inputs": {"type": "object", "additionalProperties": _SCALAR},
                "from": {"$ref": "#/$defs/date"},
                "until": {"$ref": "#/$defs/date"},
                "lines": {"type": "object", "additionalProperties": _SCALAR},
                "total": _SCALAR,
            },
            "additionalProperties": False,
        },
        "charge": {"oneOf": [_charge(shape) for shape in Shape]},
    }


def _charge(shape: Shape) -> dict[str, Any]:
    own = SHAPE_FIELDS[shape]
    common = ("charge", "shape", "text", "source", "from", "until", "only_if", "times", "at_least", "at_most",
              "rounding", "memo", "tax", "ledger", "rank")  # fmt: skip
    properties = {name: _FIELD_SCHEMAS[name] for name in (*common, *own) if name in _FIELD_SCHEMAS}
    properties["shape"] = {"const": shape.value}
    for name in ("blocks", "bands"):
        if name in own:
            fields = (*BAND_FIELDS[shape], *(["over"] if shape is Shape.BASE_EXCESS else []))
            row = {"type": "object", "properties": dict.fromkeys(fields, _VALUE), "additionalProperties": False}
            columns = {"type": "object", "properties": {key: {} for key in fields}, "additionalProperties": False}
            properties[name] = {"anyOf": [{"type": "array", "items": row, "minItems": 1}, columns]}
    needed = [name for name in own if name in ("amount", "price", "percent", "of", "formula", "blocks", "bands")]
    return {
        "type": "object",
        "required": ["charge", "shape", *needed],
        "properties": properties,
        "additionalProperties": False,
    }
