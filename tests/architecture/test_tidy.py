"""
The house rules that a program can check (docs/STYLE.md). Every test lists all violations at once.

Limits are on purpose a little tight: a function that scrolls or a module nobody reads to its end is split.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hydria"
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 600

SHELLS_AND_FOUNDATION = {
    *("kernel", "platform", "config"),
    *("desk", "publicapi", "demo", "benchmarks", "verification"),
}
"""Parts whose modules have names of their own; every other part is a context and looks like all the others."""

STANDARD_MODULES = {
    *("__init__", "apps", "models", "queries", "operations", "tasks", "api", "commands", "urls", "bench", "searching"),
}
STANDARD_PACKAGES = {"domain", "models", "web", "migrations", "templatetags", "documents", "commands"}

MONEY_WORDS = {"amount", "balance", "price", "total", "tendered", "fee", "debit", "credit"}
INTEGER_UNITS = {"minor", "nano", "micro", "ppm", "l", "m3", "days", "count", "index", "id", "version", "digits"}


def python_files(*folders: Path) -> list[Path]:
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [path for path in files if "migrations" not in path.parts]


def text_files() -> Iterator[Path]:
    for folder in (ROOT / "src", ROOT / "tests", ROOT / "docs", ROOT / "tools"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".html", ".js", ".mjs", ".css", ".md", ".yaml", ".typ", ".toml"}:
                yield path


def contexts() -> list[Path]:
    folders = [path.parent for path in sorted(PACKAGE.glob("*/__init__.py"))]
    return [folder for folder in folders if folder.name not in SHELLS_AND_FOUNDATION]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_function_fits_on_a_screen() -> None:
    too_long = [
        f"{shown(path)}:{function.lineno} {function.name} has {length} lines"
        for path in python_files(PACKAGE, ROOT / "tools", ROOT / "tests")
        for function in functions(ast.parse(path.read_text()))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    ]

    assert not too_long, "\n".join(too_long)


def test_every_module_can_be_read_in_one_sitting() -> None:
    lengths = {shown(path): len(path.read_text().splitlines()) for path in python_files(PACKAGE, ROOT / "tests")}

    too_long = [f"{name} has {length} lines" for name, length in lengths.items() if length > MODULE_LINES_MAX]

    assert not too_long, "\n".join(too_long)


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"(#|//|/\*|<!--).*\b(TO[D]O|FIX[M]E|HAC[K])\b")

    left = [
        f"{shown(path)}:{number} {line.strip()}"
        for path in text_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if words.search(line)
    ]

    assert not left, "\n".join(left)


class TestContext:
    def test_opens_with_what_it_owns(self) -> None:
        silent = [
            shown(folder)
            for folder in (path.parent for path in sorted(PACKAGE.glob("*/__init__.py")))
            if not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
        ]

        assert not silent, f"no docstring in __init__.py of: {silent}"

    def test_has_the_same_rooms_as_every_other(self) -> None:
        strangers = [
            f"{shown(path)}: give it a standard name, or begin it with an underscore"
            for folder in contexts()
            for path in sorted(folder.iterdir())
            if (path.suffix == ".py" and path.stem not in STANDARD_MODULES and not path.stem.startswith("_"))
            or ((path / "__init__.py").exists() and path.name not in STANDARD_PACKAGES and path.name[0] != "_")
        ]

        assert not strangers, "\n".join(strangers)

    def test_keeps_its_tables_to_itself_by_contract(self) -> None:
        contracts = (ROOT / "pyproject.toml").read_text()

        open_tables = [
            folder.name
            for folder in [*contexts(), PACKAGE / "platform"]
            if (folder / "models.py").exists()
            and f'protected_modules = ["hydria.{folder.name}.models"]' not in contracts
        ]

        assert not open_tables, f"no import contract protects the models of: {open_tables}"


class TestOperation:
    def test_documents_its_errors(self) -> None:
        silent = [
            f"{shown(path)}:{function.lineno} {function.name} raises, but its docstring has no `:raises`"
            for path in sorted(PACKAGE.glob("*/operations.py"))
            for function in raising_functions(ast.parse(path.read_text()))
            if ":raises" not in (ast.get_docstring(function) or "")
        ]

        assert not silent, "\n".join(silent)

    def test_takes_its_arguments_by_name(self) -> None:
        positional = [
            f"{shown(path)}:{function.lineno} {function.name}"
            for path in sorted(PACKAGE.glob("*/operations.py"))
            for function in ast.parse(path.read_text()).body
            if isinstance(function, ast.FunctionDef) and function.name[0] != "_" and len(function.args.args) > 1
        ]

        assert not positional, "put `*` before the arguments of:\n" + "\n".join(positional)


def raising_functions(module: ast.Module) -> list[ast.FunctionDef]:
    """Return the public functions that refuse, themselves or by a function of the same module."""
    bodies = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    raising = {name for name, node in bodies.items() if any(isinstance(inner, ast.Raise) for inner in ast.walk(node))}
    grew = True
    while grew:
        callers = {name for name, node in bodies.items() if called_names(node) & raising}
        grew = not callers <= raising
        raising |= callers
    return [bodies[name] for name in sorted(raising) if not name.startswith("_")]


def called_names(function: ast.FunctionDef) -> set[str]:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.id for call in calls if isinstance(call, ast.Name)}


class TestColumn:
    def test_counts_money_in_whole_minor_units_and_says_so(self) -> None:
        from django.db import models

        unclear = [
            f"{field.model.__name__}.{field.name}"
            for field in own_fields()
            if isinstance(field, models.IntegerField)
            and MONEY_WORDS & set(field.name.split("_"))
            and field.name.rsplit("_", 1)[-1] not in INTEGER_UNITS
        ]

        assert not unclear, f"money that does not end in _minor (or its unit): {unclear}"

    def test_is_never_a_float_or_a_decimal(self) -> None:
        from django.db import models

        inexact = [
            f"{field.model.__name__}.{field.name}"
            for field in own_fields()
            if isinstance(field, models.FloatField | models.DecimalField)
            and field.name not in {"latitude", "longitude"}
        ]

        assert not inexact, f"amounts and quantities are integers (ADR 1), but: {inexact}"


def own_fields() -> Iterator[object]:
    from django.apps import apps

    for model in apps.get_models():
        if model.__module__.startswith("hydria."):
            yield from model._meta.local_fields


LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    targets = [link.split("#")[0] for link in LINK.findall(path.read_text())]

    dead = [target for target in targets if target and not (path.parent / target).exists()]

    assert not dead, f"{shown(path)} links to nothing: {dead}"
