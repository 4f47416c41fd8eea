"""Requests to the doors. While they run, no template may be handed a model (STYLE, house rule 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db.models import Model, QuerySet
from django.test.signals import template_rendered

LENT_BY_DJANGO = {"user", "request", "perms"}


@pytest.fixture(autouse=True)
def cards_only() -> Iterator[None]:
    """Fail a test whose page was rendered from a model or a queryset instead of a card."""
    handed: set[str] = set()

    def look(*, template: Any, context: Any, **_signal: Any) -> None:
        handed.update(f"{template.name}: {name}" for layer in context.dicts for name in model_names(layer))

    template_rendered.connect(look)
    yield
    template_rendered.disconnect(look)
    assert not handed, f"templates were handed models: {sorted(handed)}"


def model_names(layer: Mapping[str, object]) -> set[str]:
    """Return the names in one layer of a context that hold a model, a queryset or a list of models."""
    return {name for name, value in layer.items() if name not in LENT_BY_DJANGO and holds_model(value)}


def holds_model(value: object) -> bool:
    """Tell whether a value is a model, a queryset or a list that begins with a model."""
    first = value[0] if isinstance(value, list | tuple) and value else value
    return isinstance(first, Model | QuerySet)
