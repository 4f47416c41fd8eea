"""The reference of the API as a page: made from its OpenAPI description, so that the two never differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from hydria.publicapi.web.v1 import PURPOSE, RULES, api


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCard:
    """One parameter of an operation, or one field of a shape."""

    name: str
    kind: str
    shape: str
    is_required: bool
    description: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCard:
    """One thing that a program can ask for."""

    name: str
    method: str
    path: str
    summary: str
    scope: str
    parameters: tuple[FieldCard, ...]
    body: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCard:
    """The operations on one group of resources."""

    name: str
    operations: tuple[OperationCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeCard:
    """The shape of a request or an answer."""

    name: str
    description: str
    fields: tuple[FieldCard, ...]


def show_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation and shape of the API; anyone may read it."""
    groups, shapes = _reference()
    rules = {name: _words_and_code(rule) for name, rule in RULES.items()}
    context = {"title": _("API reference"), "purpose": PURPOSE, "rules": rules, "groups": groups, "shapes": shapes}
    return render(request, "publicapi/reference.html", context)


@cache
def _reference() -> tuple[tuple[GroupCard, ...], tuple[ShapeCard, ...]]:
    schema = api.get_openapi_schema()
    found = [
        (operation["tags"][0], _operation(path, method, operation))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    groups = tuple(
        GroupCard(name=name, operations=tuple(operation for _tag, operation in members))
        for name, members in groupby(found, key=lambda tagged: tagged[0])
    )
    shapes = tuple(
        _shape(name, shape)
        for name, shape in sorted(schema["components"]["schemas"].items())
        if shape.get("properties")
    )
    return groups, shapes


def _operation(path: str, method: str, operation: dict[str, Any]) -> OperationCard:
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    return OperationCard(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        scope=operation["x-scope"],
        parameters=tuple(
            _field(parameter["name"], parameter["schema"], is_required=parameter["required"])
            for parameter in operation["parameters"]
        ),
        body=_shape_in(operation.get("requestBody", {})),
        answer=_shape_in(answers[0]) if answers else "",
    )


def _shape_in(message: dict[str, Any]) -> str:
    described = [content["schema"] for content in message.get("content", {}).values()]
    return _kind_and_shape(described[0])[1] if described else ""


def _shape(name: str, shape: dict[str, Any]) -> ShapeCard:
    required = shape.get("required", [])
    fields = tuple(_field(key, field, is_required=key in required) for key, field in shape["properties"].items())
    return ShapeCard(name=name, description=shape.get("description", ""), fields=fields)


def _field(name: str, schema: dict[str, Any], *, is_required: bool) -> FieldCard:
    kind, shape = _kind_and_shape(schema)
    examples = schema.get("examples") or [""]
    return FieldCard(
        name=name,
        kind=kind,
        shape=shape,
        is_required=is_required,
        description=_words_and_code(schema.get("description", "")),
        example=str(examples[0] if examples[0] is not None else ""),
    )


def _kind_and_shape(schema: dict[str, Any]) -> tuple[str, str]:
    """Return how a schema is said in a word, and the shape that it links to, if any."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return name, name
    if "anyOf" in schema:
        said = [_kind_and_shape(part) for part in schema["anyOf"]]
        return " | ".join(kind for kind, _shape in said), next((shape for _kind, shape in said if shape), "")
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"]), ""
    if schema.get("type") == "array":
        kind, shape = _kind_and_shape(schema.get("items", {}))
        return f"[{kind}]", shape
    return schema.get("format") or schema.get("type") or "any", ""


def _words_and_code(text: str) -> tuple[str, ...]:
    """Split a sentence at its backticks: words and code by turns."""
    return tuple(text.split("`"))
