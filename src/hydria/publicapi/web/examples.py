"""Examples of requests and answers, put together from those of their fields, so that they never contradict the shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_FORMAT = {"date": "2026-11-01", "date-time": "2026-11-01T09:30:00Z"}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "object": {}, "null": None}
NESTED_MAX = 6


def example_of(schema: Mapping[str, Any], shapes: Mapping[str, Any], *, depth: int = 0) -> Any:
    """
    Return an example of a schema.

    >>> example_of({"type": "object", "properties": {"days": {"type": "integer", "examples": [30]}}}, {})
    {'days': 30}
    >>> example_of({"type": "array", "items": {"$ref": "#/components/schemas/Day"}}, {"Day": {"format": "date"}})
    ['2026-11-01']
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        # A shape that holds itself is shown once.
        return example_of(shapes[name], shapes, depth=depth + 1) if depth < NESTED_MAX else {}
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            return example_of(schema[several][0], shapes, depth=depth)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("properties"):
        return {name: example_of(part, shapes, depth=depth) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), shapes, depth=depth)]
    found = _BY_FORMAT.get(schema.get("format", ""))
    return found if found is not None else _BY_TYPE.get(schema.get("type", ""), {})
